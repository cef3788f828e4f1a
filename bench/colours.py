"""Colour names against the colours that were drawn: before a plain background and in a shop, and with a catalogue.

The truth is the package as it was drawn, cut out exactly and in white light, named by the same words. A name is right
when it is the heaviest of the truth, or weighs four fifths of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import drawn
from bench.report import Cell, Demand, Section, Table
from bench.workbench import Workbench
from shelflens.assemble import open_catalogue
from shelflens.attributes.palette import Palette, palette, weigh
from shelflens.demo.assortment import assortment
from shelflens.demo.package import View
from shelflens.demo.shapes import package
from shelflens.search import open_view

NEAR = 0.8  # of the heaviest: as right as it
SIDE = 256  # pixels of the short side at which a picture is decoded
LIMIT = 0.9


@dataclass(frozen=True, slots=True)
class _Seen:
    """One photo described."""

    named: Palette
    truth: Palette  # of the side that the photo shows
    product: Palette  # of the product's front
    listed: str  # the flavour's colour, as the shop's table has it
    learnt: str = ""  # the same, as the catalogue says of the photo

    def right(self, truth: Palette) -> bool:
        return self.named[0].name in {one.name for one in truth if one.weight >= NEAR * truth[0].weight}


def run(bench: Workbench) -> Section:
    shop = drawn.shop(bench)
    sides = _sides(shop)
    columns = {item.product_id: item.colour for item in assortment(shop.products)}
    plain = [_alone(photo, product_id, sides, columns) for photo, product_id in shop.photos("catalogue")]
    cluttered = [_alone(photo, product_id, sides, columns) for photo, product_id in shop.photos("queries")]
    known = list(_with_catalogue(shop, sides, columns))
    rows = (
        _row("plain, the picture alone", plain),
        _row("cluttered, the picture alone", cluttered),
        _row("cluttered, with the catalogue", known),
    )
    table = Table(
        "Main colours by name",
        (
            "background",
            "photos",
            "right",
            "the heaviest exactly",
            "right of the product",
            "listed colour among them",
            "listed colour learnt",
        ),
        rows,
    )
    demands = (
        Demand("right main colour, plain", _share([one.right(one.truth) for one in plain]), LIMIT, at_least=True),
        Demand(
            "right main colour of the product, cluttered, with the catalogue",
            _share([one.right(one.product) for one in known]),
            LIMIT,
            at_least=True,
        ),
        Demand(
            "right main colour, cluttered, the picture alone",
            _share([one.right(one.truth) for one in cluttered]),
            LIMIT,
            at_least=True,
        ),
    )
    return Section("Colours", (table,), demands)


def _alone(photo: Path, product_id: str, sides: dict[tuple[str, str], Palette], columns: dict[str, str]) -> _Seen:
    named = palette(open_view(photo, side=SIDE).scaled)
    return _Seen(named, sides[product_id, _side(photo)], sides[product_id, "front"], columns[product_id])


def _with_catalogue(
    shop: drawn.Drawn, sides: dict[tuple[str, str], Palette], columns: dict[str, str]
) -> Iterator[_Seen]:
    with open_catalogue(drawn.catalogue(shop)) as opened:
        for photo, product_id in shop.photos("queries"):
            its = opened.attributes.describe(open_view(photo, side=SIDE))
            learnt = its.attributes.get("colour", ())
            yield _Seen(
                its.colours,
                sides[product_id, _side(photo)],
                sides[product_id, "front"],
                columns[product_id],
                learnt[0].label if learnt else "",
            )


def _sides(shop: drawn.Drawn) -> dict[tuple[str, str], Palette]:
    """The palettes of the packages as they were drawn, by product and side."""
    found = {}
    for item in assortment(shop.products):
        rng = np.random.default_rng((shop.seed, 0, item.number))  # as the demo draws it
        for view in View:
            cutout = package(item, view, rng).image
            cutout.thumbnail((96, 96))
            levels = np.asarray(cutout)
            opaque = (levels[..., 3] > 128).astype(np.float32)
            found[item.product_id, str(view)] = weigh(np.ascontiguousarray(levels[..., :3]), opaque)
    return found


def _side(photo: Path) -> str:
    """Of the package, that a photo of the demo shows: the third in the shop shows the barcode."""
    name = photo.stem.rpartition("-")[2]
    return {"3": "code", "turned": "turned"}.get(name, "front")


def _row(what: str, seen: list[_Seen]) -> tuple[Cell, ...]:
    return (
        what,
        len(seen),
        _share([one.right(one.truth) for one in seen]),
        _share([one.named[0].name == one.truth[0].name for one in seen]),
        _share([one.right(one.product) for one in seen]),
        _share([one.listed in {colour.name for colour in one.named} for one in seen]),
        _share([one.learnt == one.listed for one in seen]) if any(one.learnt for one in seen) else "",
    )


def _share(flags: list[bool]) -> float:
    return float(np.mean(flags))

"""One short film of drawn products, its truth, and pictures of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from shelflens.demo.assortment import assortment
from shelflens.demo.film import Actor, Script, Truth, film
from shelflens.demo.package import View
from shelflens.demo.scene import studio
from shelflens.demo.shapes import package

SEED = 11
LISTED = (3, 40, 71)  # of the demo's assortment: stands and is taken; stands; is carried past
STRANGER = 99  # stands


@dataclass(frozen=True)
class Filmed:
    video: Path
    truth: Truth
    pictures: Path  # a folder for each product on the list
    standing: str  # product ids
    taken: str
    passing: str
    stranger: str


def filmed_in(folder: Path, *, name: str = "film.mp4") -> Filmed:
    """`name` says in which format; a .ts can be read from its beginning on. Skips without PyAV."""
    pytest.importorskip("av", reason="video needs PyAV: pip install 'shelflens[watch]'")
    items = assortment(120)
    actors = {}
    for number in (*LISTED, STRANGER):
        front = package(items[number], View.FRONT, np.random.default_rng(number))
        actors[number] = Actor(items[number].product_id, front.image)
        if number in LISTED:
            place = folder / "pictures" / items[number].product_id
            place.mkdir(parents=True)
            studio(front, 400, (255, 255, 255)).save(place / "front.jpg", quality=92)
    taken, standing, passing = LISTED
    script = Script(
        (actors[taken], actors[STRANGER], actors[standing]), (actors[passing],), taken=0, seconds=9.0, size=(480, 272)
    )
    truth = film(folder / name, script, seed=SEED)
    ids = [items[number].product_id for number in (standing, taken, passing, STRANGER)]
    return Filmed(folder / name, truth, folder / "pictures", *ids)

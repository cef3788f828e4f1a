"""`shelflens anomaly`: how unlike the good ones is this, and where?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from PIL.Image import Image

from shelflens.anomaly import AnomalyModel, Finding, PatchNetwork, fit
from shelflens.anomaly.marking import marked
from shelflens.cli.options import json_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.errors import PictureError, ShelflensError
from shelflens.feed.base import BadRow, FilePhoto
from shelflens.feed.opening import open_feed
from shelflens.pages.anomaly import AnomalyPage, Inspected, anomaly_page
from shelflens.pages.writing import write_text
from shelflens.picture import decode_side, open_file, thumbnail

SIDE = 300  # pixels of the pictures on a page


@click.group()
def anomaly() -> None:
    """Quality inspection: learns from photos of good ones alone, then finds what is unlike them."""


@anomaly.command("fit")
@click.argument("good", metavar="GOOD", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The model's file.")
@click.option("--seed", default=0, show_default=True, help="Of the choice of patches.")
@json_option
@click.pass_context
def fit_command(ctx: click.Context, *, good: Path, out: Path, seed: int, as_json: bool) -> None:
    """Remembers what the good ones in the folder GOOD look like."""
    network = PatchNetwork(threads=0)
    side = decode_side(network.preprocessing)
    places, bad = _photos(good)
    with ProgressBar("looking", "photos", quiet=as_json) as bar:

        def pictures() -> Iterator[Image]:
            for place in places:
                try:
                    yield open_file(place, side=side).image
                except PictureError as error:
                    bad.append(BadRow(str(place), str(error)))

        model = fit(pictures(), network, seed=seed, on_progress=lambda done: bar.show(done, len(places)))
    model.save(out)
    if as_json:
        print_json(
            {
                "model": str(out),
                "photos": len(model.held_out),
                "threshold": model.threshold,
                "bad_photos": [{"photo": row.where, "reason": row.reason} for row in bad],
            }
        )
    else:
        click.echo(f"{len(model.held_out)} good photos; scores above {model.threshold:.2f} are suspicious")
        _report(bad)
    if bad:
        ctx.exit(BAD_ROWS)


@anomaly.command("score")
@click.argument("model", metavar="MODEL", type=click.Path(path_type=Path))
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--sheet", type=click.Path(path_type=Path), help="Write a page that shows where there.")
@json_option
@click.pass_context
def score_command(
    ctx: click.Context, *, model: Path, photos: tuple[Path, ...], sheet: Path | None, as_json: bool
) -> None:
    """Says how unlike the good ones each PHOTO is; a folder stands for the photos in it."""
    fitted = AnomalyModel.load(model)
    network = fitted.open_network(threads=0)
    places, bad = _several(photos)
    found: list[tuple[Path, Finding]] = []
    shown: list[Inspected] = []
    with ProgressBar("inspecting", "photos", quiet=as_json) as bar:
        for done, place in enumerate(places, 1):
            try:
                picture = open_file(place, side=decode_side(network.preprocessing)).image
            except PictureError as error:
                bad.append(BadRow(str(place), str(error)))
                continue
            finding = fitted.find(picture, network)
            found.append((place, finding))
            if sheet:
                photo, heat = (thumbnail(one, side=SIDE) for one in (picture, marked(picture, finding, fitted)))
                shown.append(Inspected(place.name, photo, heat, finding.score, finding.suspicious))
            bar.show(done, len(places))
    if sheet:
        _write_sheet(sheet, fitted, shown)
    if as_json:
        print_json(_json(model, fitted, found, bad))
    else:
        for place, finding in sorted(found, key=lambda one: -one[1].score):
            click.echo(f"{finding.score:6.2f}  {'suspicious' if finding.suspicious else 'good':10}  {place}")
        _report(bad)
        if sheet:
            click.echo(f"The page is {sheet}")
    if bad:
        ctx.exit(BAD_ROWS if found else 1)


def _several(photos: tuple[Path, ...]) -> tuple[list[Path], list[BadRow]]:
    places: list[Path] = []
    bad: list[BadRow] = []
    for photo in photos:
        if photo.is_dir():
            inside, unusable = _photos(photo)
            places += inside
            bad += unusable
        else:
            places.append(photo)
    return places, bad


def _photos(folder: Path) -> tuple[list[Path], list[BadRow]]:
    """Of a folder and those inside it, and what cannot be read there. Raises SourceError where there is none."""
    if not folder.is_dir():
        raise ShelflensError(f"{folder}: there is no such folder of photos")
    rows = list(open_feed(str(folder)))
    places = [
        photo.path
        for row in rows
        if not isinstance(row, BadRow)
        for photo in row.photos
        if isinstance(photo, FilePhoto)
    ]
    return places, [row for row in rows if isinstance(row, BadRow)]


def _json(model: Path, fitted: AnomalyModel, found: list[tuple[Path, Finding]], bad: list[BadRow]) -> dict[str, object]:
    return {
        "model": str(model),
        "threshold": fitted.threshold,
        "photos": [
            {"photo": str(place), "score": finding.score, "suspicious": finding.suspicious, "at": _place(finding)}
            for place, finding in found
        ],
        "bad_photos": [{"photo": row.where, "reason": row.reason} for row in bad],
    }


def _place(finding: Finding) -> list[float]:
    """The most unusual place, as shares of the picture's width and height."""
    height, width = finding.heat.shape
    row, column = divmod(int(finding.heat.argmax()), width)
    return [round((column + 0.5) / width, 4), round((row + 0.5) / height, 4)]


def _write_sheet(path: Path, model: AnomalyModel, shown: list[Inspected]) -> None:
    suspicious = sum(one.suspicious for one in shown)
    lead = f"{suspicious} of {len(shown)} photos are suspicious: scores above {model.threshold:.2f}."
    shown.sort(key=lambda one: -one.score)
    write_text(path, anomaly_page(AnomalyPage("Inspection", lead, tuple(shown))))


def _report(bad: list[BadRow]) -> None:
    for row in bad:
        click.echo(f"{row.where}: {row.reason}", err=True)

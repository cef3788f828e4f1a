"""`shelflens find-in-video`: which of my products does this video show, and when?"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import click
from PIL import Image

from shelflens.cli.items import detector, opened_items, watchlist
from shelflens.cli.options import json_option
from shelflens.cli.output import print_json
from shelflens.cli.progress import ProgressBar
from shelflens.errors import VideoError
from shelflens.pages.video import FoundProduct, SeenProduct, VideoPage, clock, video_page
from shelflens.pages.writing import write_text
from shelflens.picture import thumbnail
from shelflens.video import read_frames, source
from shelflens.watch.certainty import threshold
from shelflens.watch.events import Appearance, Happening, Rules
from shelflens.watch.spotting import Spotter
from shelflens.watch.watcher import Occurrence, Watcher
from shelflens.watch.watchlist import Watchlist

SIDE = 480  # pixels of a frame on the page


@click.command("find-in-video")
@click.argument("items", metavar="CATALOGUE")
@click.argument("video", metavar="VIDEO")
@click.option("--page", type=click.Path(path_type=Path), help="Write it there; else beside the video, as VIDEO.html.")
@click.option("--every", default=0.2, show_default=True, type=click.FloatRange(0.02, 60), help="Seconds a look.")
@click.option(
    "--false-alarms",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0, min_open=True),
    help="How many an hour may be.",
)
@click.option("--detector", "detector_name", metavar="detector:PATH", help="An ONNX network that proposes regions.")
@json_option
def find_in_video(
    *,
    items: str,
    video: str,
    page: Path | None,
    every: float,
    false_alarms: float,
    detector_name: str | None,
    as_json: bool,
) -> None:
    """Writes a page with a timeline and pictures of every product of CATALOGUE that VIDEO shows."""
    opened = source(video)
    if opened.live:
        raise VideoError(f"{video}: goes on for ever; find-in-video needs a file. shelflens watch is for streams")
    found: list[Occurrence] = []
    seconds = every
    with opened_items([items]) as catalogue, ProgressBar("looking", "s of video", quiet=as_json) as bar:
        listed = watchlist(catalogue)
        rules = Rules(threshold=threshold(false_alarms))
        watcher = Watcher(opened.name, Spotter(listed, detector=detector(detector_name)), rules=rules)
        for frame in read_frames(opened, per_second=1 / every):
            found += watcher.see(frame)
            seconds = frame.at + every
            bar.show(round(seconds), None)
        found += watcher.finish()
        found = [one for one in found if one.event.happening is Happening.ENDED]
        products = _products(found, listed)
    target = page or Path(f"{opened.place}.html")
    lead = (
        f"{len(found)} appearances of {len(products)} products in {clock(seconds)} of video." if found else opened.name
    )
    write_text(target, video_page(VideoPage(Path(opened.place).name, lead, seconds, products)))
    if as_json:
        print_json(
            {
                "video": opened.name,
                "seconds": round(seconds, 3),
                "page": str(target),
                "appearances": [_json(one.event.appearance) for one in found],
            }
        )
        return
    for product in products:
        times = ", ".join(f"{clock(one.start)}–{clock(one.end)}" for one in product.seen)
        click.echo(f"{product.title or product.product_id}: {times}")
    click.echo(f"The page is {target}" if products else f"Nothing found. The page is {target}")


def _products(found: list[Occurrence], listed: Watchlist) -> tuple[FoundProduct, ...]:
    """In the order in which they came into view first."""
    seen: dict[str, list[SeenProduct]] = {}
    for one in sorted(found, key=lambda occurrence: occurrence.event.appearance.start):
        appearance = one.event.appearance
        seen.setdefault(appearance.product_id, []).append(
            SeenProduct(appearance.start, appearance.end, appearance.probability, _smaller(one.frame), appearance.box)
        )
    return tuple(
        FoundProduct(product_id, listed.product(product_id).title, listed.picture(product_id), tuple(its))
        for product_id, its in seen.items()
    )


def _smaller(jpeg: bytes) -> bytes:
    if not jpeg:
        return b""
    with Image.open(BytesIO(jpeg)) as image:
        return thumbnail(image.convert("RGB"), side=SIDE)


def _json(one: Appearance) -> dict[str, object]:
    box = one.box
    return {
        "product_id": one.product_id,
        "start": round(one.start, 3),
        "end": round(one.end, 3),
        "best_at": round(one.best_at, 3),
        "box": [round(side, 4) for side in (box.left, box.top, box.right, box.bottom)],
        "probability": round(one.probability, 4),
    }

"""How well and how fast `shelflens watch` sees products come, stand and go: `python -m bench.watching`.

Films are drawn (`shelflens.demo.film`) with drawn packages and the cut-out catalogue pictures of Grocery's packages.
`--fit` films products of other families, with other seeds, than those that judge; thresholds were chosen there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

import shelflens
from bench.measure import memory
from shelflens.cli.items import watchlist as watchlist_of
from shelflens.demo.assortment import Item, assortment
from shelflens.demo.film import Actor, Script, Shown, Truth, cut_out, film
from shelflens.demo.package import View
from shelflens.demo.scene import studio
from shelflens.demo.shapes import package
from shelflens.feed.base import BadRow, FilePhoto
from shelflens.feed.opening import open_feed
from shelflens.picture import open_file
from shelflens.video import Frame, read_frames, source
from shelflens.watch.events import Event, Happening, Rules
from shelflens.watch.spotting import Spotter
from shelflens.watch.watcher import Watcher
from shelflens.watch.watchlist import Watchlist

PER_SECOND = 5
LATEST = 6.0  # seconds after a product was taken, in which it must be missed
SLACK = 1.0  # seconds by which an alarm may be off the truth without being false
PACKED = ("Juice", "Milk", "Oat", "Soy", "Sour", "Yoghurt", "Cream")  # what Grocery sells in packages


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Whoever may be in a film."""

    listed: tuple[Actor, ...]
    strangers: tuple[Actor, ...]
    catalogue: Path  # a folder of pictures of those listed


@dataclass(slots=True)
class Score:
    seconds: float = 0.0
    shown: int = 0
    seen: int = 0
    taken: int = 0
    missed: int = 0  # noticed to be missing
    delays: list[float] = field(default_factory=list)  # seconds
    passing: list[float] = field(default_factory=list)  # of these, products that are carried past
    false: list[float] = field(default_factory=list)  # strengths
    true: list[float] = field(default_factory=list)
    false_missing: int = 0
    cpu: float = 0.0
    frames: int = 0
    regions: int = 0
    notes: list[str] = field(default_factory=list)


def cast(folder: Path, data: Path | None, *, half: int) -> Cast:
    """The products of one half, by families; every fourth family is not on the list. Cutouts in `folder` are used
    again."""
    pictures = folder / f"pictures{half}"
    listed, strangers = [], []
    for family, items in enumerate(_families()):
        if family % 2 != half:
            continue
        for item in items[:2]:
            actor = Actor(item.product_id, _cutout(folder / f"{item.product_id}.png", item, seed=9))
            if family % 8 == half:
                strangers.append(actor)
                continue
            listed.append(actor)
            if not (pictures / item.product_id).exists():
                shot = package(item, View.FRONT, np.random.default_rng((1, item.number)))
                _save(studio(shot, 480, (255, 255, 255)), pictures / item.product_id)
    for at, (name, picture) in enumerate(_grocery(data) if data else ()):
        if at % 2 != half:
            continue
        actor = Actor(name, cut_out(picture))
        if at % 8 == half:
            strangers.append(actor)
        else:
            listed.append(actor)
            _save(picture, pictures / name)
    return Cast(tuple(listed), tuple(strangers), pictures)


def _families() -> list[list[Item]]:
    families: dict[str, list[Item]] = {}
    for item in assortment(120):
        families.setdefault(item.brand.name, []).append(item)
    return list(families.values())[:20]


def _cutout(path: Path, item: Item, *, seed: int) -> Image.Image:
    if not path.exists():
        package(item, View.FRONT, np.random.default_rng((seed, item.number))).image.save(path)
    with Image.open(path) as image:
        return image.convert("RGBA")


def script(cast: Cast, seed: int, *, seconds: float) -> Script:
    """Three of the list and a stranger stand there, two of the list and a stranger are carried past, one is taken."""
    rng = np.random.default_rng((77, seed))
    chosen = [cast.listed[at] for at in rng.permutation(len(cast.listed))[:5]]
    others = [cast.strangers[at] for at in rng.permutation(len(cast.strangers))[:2]]
    standing = [*chosen[:3], others[0]]
    passing = [*chosen[3:], others[1]]
    order = rng.permutation(4)
    taken = int(np.flatnonzero(order == rng.integers(3))[0])
    return Script(
        tuple(standing[at] for at in order),
        tuple(passing[at] for at in rng.permutation(3)),
        taken=taken,
        seconds=seconds,
    )


def without(cast: Cast, seed: int, *, seconds: float) -> Script:
    """Nothing of the list: every alarm is false."""
    rng = np.random.default_rng((78, seed))
    chosen = [cast.strangers[at] for at in rng.permutation(len(cast.strangers))[:7]]
    return Script(tuple(chosen[:4]), tuple(chosen[4:]), seconds=seconds)


def watch(path: Path, watchlist: Watchlist, rules: Rules) -> tuple[list[Event], float, int, int]:
    """Events, CPU seconds, analysed frames, regions looked at closely."""
    spotter = Spotter(watchlist)
    watcher = Watcher(path.name, spotter, rules=rules)
    started, frames = time.process_time(), 0
    found = []
    for frame in read_frames(source(str(path)), per_second=PER_SECOND):
        frames += 1
        found += [occurrence.event for occurrence in watcher.see(frame)]
    found += [occurrence.event for occurrence in watcher.finish()]
    return found, time.process_time() - started, frames, spotter.regions


def judge(score: Score, truth: Truth, events: Sequence[Event], listed: Collection[str], name: str) -> None:
    ended = {e.appearance.track: e.appearance for e in events if e.happening is Happening.ENDED}
    alarms = [event for event in events if event.happening is Happening.APPEARED]
    used: set[int] = set()
    for shown in truth.shown:
        if shown.product_id not in listed:
            continue
        score.shown += 1
        for at, event in enumerate(alarms):
            one = ended[event.appearance.track]
            if at not in used and one.product_id == shown.product_id and _meet(one.start, one.end, shown):
                used.add(at)
                score.seen += 1
                score.delays.append(max(0.0, event.at - shown.start))
                if not shown.stands:
                    score.passing.append(score.delays[-1])
                score.true.append(one.strength)
                break
        else:
            kind = "standing" if shown.stands else "passing"
            score.notes.append(f"{name}: {kind} {shown.product_id} {shown.start:.1f}-{shown.end:.1f} not seen")
    for at, event in enumerate(alarms):
        one = ended[event.appearance.track]
        really = any(s.product_id == one.product_id and _meet(one.start, one.end, s) for s in truth.shown)
        if at not in used and not really:
            score.false.append(one.strength)
            score.notes.append(f"{name}: false {one.product_id} {one.start:.1f}-{one.end:.1f} {one.strength:.0f}")
    missing = [event for event in events if event.happening is Happening.MISSING]
    for taken in truth.taken:
        score.taken += 1
        if any(e.appearance.product_id == taken.product_id and 0 <= e.at - taken.at <= LATEST for e in missing):
            score.missed += 1
        else:
            score.notes.append(f"{name}: {taken.product_id} taken at {taken.at:.1f}, not missed")
    for event in missing:
        if not any(t.product_id == event.appearance.product_id and event.at >= t.at for t in truth.taken):
            score.false_missing += 1
            score.notes.append(f"{name}: falsely missing {event.appearance.product_id} at {event.at:.1f}")


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else 0.0


def _meet(start: float, end: float, shown: Shown) -> bool:
    return start <= shown.end + SLACK and end >= shown.start - SLACK


def _save(picture: Image.Image, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(folder / "front.jpg", quality=92)


def _grocery(data: Path) -> list[tuple[str, Image.Image]]:
    rows = [row for row in open_feed(str(data / "grocery" / "catalogue.csv")) if not isinstance(row, BadRow)]
    return [
        (row.product.product_id, open_file(photo.path).image)
        for row in rows
        if row.product.category in PACKED or any(word in row.product.category for word in PACKED)
        for photo in row.photos
        if isinstance(photo, FilePhoto)
    ]


def bare_model(watchlist: Watchlist, *, runs: int = 30) -> float:
    """CPU seconds in which the embedder alone makes one vector of a picture."""
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8))
    watchlist.embed([picture] * 3)
    started = time.process_time()
    watchlist.embed([picture] * runs)
    return (time.process_time() - started) / runs


def rest(watchlist: Watchlist, path: Path, *, looks: int) -> None:
    """A film, then its last frame under ever new grain, as from a camera at night: memory at every tenth of it."""
    watcher = Watcher("stream", Spotter(watchlist))
    for frame in read_frames(source(str(path)), per_second=PER_SECOND):
        watcher.see(frame)
        last = frame
    rng, began, shown = np.random.default_rng(1), time.process_time(), []
    still = np.asarray(last.image, np.float32)
    for number in range(1, looks + 1):
        grain = np.roll(rng.normal(scale=4, size=(still.shape[0], 1, 1)), number, axis=0)
        noisy = Image.fromarray(np.clip(still + grain, 0, 255).astype(np.uint8))
        watcher.see(Frame(last.at + number / PER_SECOND, noisy))
        if number % max(looks // 10, 1) == 0:
            shown.append(memory().private)
            print(f"{number} looks ({number / PER_SECOND:.0f} s of stream): {shown[-1]:.0f} MiB private", flush=True)
    cpu = (time.process_time() - began) / looks
    print(
        f"{cpu * 1e3:.1f} CPU-ms a look at rest; {min(shown[1:]):.0f} to {max(shown[1:]):.0f} MiB after the first tenth"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with grocery/; without it, drawn products only")
    parser.add_argument("--films", type=int, default=30)
    parser.add_argument("--first", type=int, default=1000, help="seed of the first film")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--fit", action="store_true", help="the other half of the products, every strength reported")
    parser.add_argument("--without", action="store_true", help="films in which nothing of the list is shown")
    parser.add_argument("--looks", type=int, default=0, help="a film, then so many looks at a picture at rest: memory")
    parser.add_argument("--keep", type=Path, help="a folder for cutouts and catalogue, to be used again")
    parser.add_argument("--alarms", type=float, default=1.0, help="false alarms an hour")
    options = parser.parse_args()
    from shelflens.watch.certainty import threshold

    rules = Rules(threshold=3.0 if options.fit else threshold(options.alarms))
    half = 0 if options.fit else 1
    score = Score()
    with TemporaryDirectory() as place:
        folder = options.keep or Path(place)
        folder.mkdir(parents=True, exist_ok=True)
        who = cast(folder, options.data, half=half)
        print(f"{len(who.listed)} products on the list, {len(who.strangers)} strangers", flush=True)
        with shelflens.open(folder / f"catalogue{half}", create=True) as catalogue:
            catalogue.index(who.catalogue)
            catalogue.look_closer(["local"])
            watchlist = watchlist_of(catalogue)
            ids = {actor.product_id for actor in who.listed}
            model = bare_model(watchlist)
            if options.looks:
                path = folder / "stream.mp4"
                film(path, script(who, options.first, seconds=options.seconds), seed=options.first)
                rest(watchlist, path, looks=options.looks)
                return
            for number in range(options.films):
                seed = options.first + number + (50_000 if options.fit else 0)
                path = folder / f"{seed}.mp4"
                what = (without if options.without else script)(who, seed, seconds=options.seconds)
                truth = film(path, what, seed=seed)
                events, cpu, frames, regions = watch(path, watchlist, rules)
                judge(score, truth, events, ids, str(seed))
                score.seconds += truth.seconds
                score.cpu, score.frames, score.regions = score.cpu + cpu, score.frames + frames, score.regions + regions
                path.unlink()
                print(*score.notes, sep="\n", end="\n" if score.notes else "")
                score.notes.clear()
                print(
                    f"{number + 1}: seen {score.seen}/{score.shown}, missing {score.missed}/{score.taken}, "
                    f"false {len(score.false)} + {score.false_missing}, "
                    f"{score.cpu / score.seconds:.2f} CPU-s a second, "
                    f"median delay {_median(score.delays):.2f} s ({_median(score.passing):.2f} carried past), "
                    f"{score.regions / score.frames:.1f} regions and "
                    f"{score.cpu / score.frames / model:.1f} bare models a look",
                    flush=True,
                )
    print("strengths of false alarms", sorted(round(one) for one in score.false))
    print("strengths of true ones", sorted(round(one) for one in score.true))
    hours = score.seconds / 3600
    print(
        f"recall {score.seen / max(score.shown, 1):.3f}, false alarms {len(score.false)} in {hours:.2f} h, "
        f"median delay {_median(score.delays):.2f} s ({_median(score.passing):.2f} s of those carried past), "
        f"missing recall {score.missed / max(score.taken, 1):.3f}, "
        f"{score.regions / score.frames:.2f} regions a frame, {score.cpu / score.frames * 1e3:.0f} CPU-ms a look, "
        f"{score.cpu / score.frames / model:.1f} times the bare model's {model * 1e3:.1f} ms"
    )


if __name__ == "__main__":
    main()

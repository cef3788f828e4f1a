"""Whether `shelflens watch` bears an hour of one stream: `python -m bench.watching_hour`.

One watcher sees scene after scene of a drawn film (`shelflens.demo.film`), decoded from H.264 as it goes and as fast as
it can: in every second scene nothing of the list is shown, in the others one product of the list stands and every sixth
that is carried past is on the list. Printed are memory along the way, the CPU time of looks, and false alarms an hour
with what 95 % of luck leaves open.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import shelflens
from bench.measure import memory
from bench.watching import PER_SECOND, Cast, Score, bare_model, cast, judge
from shelflens.cli.items import watchlist as watchlist_of
from shelflens.demo.film import Actor, Script, Shown, Truth, film
from shelflens.video import Frame, read_frames, source
from shelflens.watch.certainty import threshold
from shelflens.watch.events import Event, Happening, Rules
from shelflens.watch.spotting import Spotter
from shelflens.watch.watcher import Watcher

EVERY = 10.0  # seconds in which something is carried past
LISTED = 6  # every so many of those carried past, in the scenes that show products of the list

#: Upper bounds of a Poisson rate by the number of events seen, 95 %, one-sided: half the chi-square quantile.
UPPER = (3.00, 4.74, 6.30, 7.75, 9.15, 10.51, 11.84, 13.15, 14.43, 15.71)


@dataclass(slots=True)
class Stream:
    """What has been seen so far."""

    seconds: float = 0.0
    events: list[Event] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)  # CPU seconds of each look, decoding included
    private: list[float] = field(default_factory=list)  # MiB, at the end of every minute


def scene(who: Cast, number: int, *, seconds: float, first: int) -> Script:
    rng = np.random.default_rng((79, first, number))

    def some(actors: tuple[Actor, ...], count: int) -> list[Actor]:
        return [actors[at] for at in rng.integers(len(actors), size=count)]

    standing, passing = some(who.strangers, 4), some(who.strangers, round(seconds / EVERY))
    if number % 2:
        standing[int(rng.integers(4))] = some(who.listed, 1)[0]
        passing[LISTED - 1 :: LISTED] = some(who.listed, len(passing[LISTED - 1 :: LISTED]))
    return Script(tuple(standing), tuple(passing), seconds=seconds)


def watch(stream: Stream, watcher: Watcher, path: Path, truth: Truth) -> None:
    """One scene more. Nothing is taken away, and what stood in the scene before is not missing in this one."""
    began = stream.seconds
    started = time.process_time()
    for frame in read_frames(source(str(path)), per_second=PER_SECOND):
        stream.events += [one.event for one in watcher.see(Frame(began + frame.at, frame.image))]
        stream.costs.append(time.process_time() - started)
        if len(stream.costs) % (60 * PER_SECOND) == 0:
            stream.private.append(memory().private)
            _say(stream, began + frame.at)
        started = time.process_time()
    stream.seconds = began + truth.seconds
    stream.shown += [replace(one, start=one.start + began, end=one.end + began) for one in truth.shown]


def _say(stream: Stream, at: float) -> None:
    last = stream.costs[-60 * PER_SECOND :]
    print(
        f"minute {at / 60:.0f}: {stream.private[-1]:.0f} MiB private, {np.mean(last) * 1e3:.0f} CPU-ms a look, "
        f"{len(stream.events)} events so far",
        flush=True,
    )


def report(stream: Stream, listed: set[str], model: float) -> None:
    truth = Truth(stream.seconds, tuple(stream.shown), ())
    score = Score()
    # Of what is still in view, its first event stands for its last.
    told = [
        replace(event, happening=Happening.ENDED) for event in stream.events if event.happening is Happening.APPEARED
    ]
    judge(score, truth, [*told, *stream.events], listed, "hour")
    print(*(note for note in score.notes if "not missed" not in note), sep="\n")
    hours, false = stream.seconds / 3600, len(score.false) + score.false_missing
    bound = f"{UPPER[false] / hours:.1f}" if false < len(UPPER) else "more than 15"
    costs, private = np.array(stream.costs), stream.private or [memory().private]
    print(
        f"{hours:.2f} h of stream, {len(costs)} looks: {len(score.false)} false alarms and {score.false_missing} "
        f"falsely missing, {false / hours:.1f} an hour (95 % sure: no more than {bound}); "
        f"seen {score.seen}/{score.shown}\n"
        f"memory: {private[0]:.0f} MiB private after the first minute, {max(private):.0f} at most, "
        f"{private[-1]:.0f} at the end; second half {_slope(private):+.2f} MiB a minute\n"
        f"a look: {costs.mean() * 1e3:.0f} CPU-ms in the mean ({costs.mean() / model:.1f} bare models of "
        f"{model * 1e3:.1f} ms), median {np.median(costs) * 1e3:.0f}, 99 % below {np.quantile(costs, 0.99) * 1e3:.0f}; "
        f"{costs.mean() * PER_SECOND:.2f} of a core at {PER_SECOND} looks a second"
    )


def _slope(private: list[float]) -> float:
    half = private[len(private) // 2 :]
    return float(np.polyfit(np.arange(len(half)), half, 1)[0]) if len(half) > 1 else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="the folder with grocery/; without it, drawn products only")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--scene", type=float, default=300.0, help="seconds of one scene")
    parser.add_argument("--first", type=int, default=9000, help="seed of the first scene")
    parser.add_argument("--alarms", type=float, default=1.0, help="false alarms an hour")
    options = parser.parse_args()
    stream, seconds = Stream(), min(options.scene, options.minutes * 60)
    with TemporaryDirectory() as place:
        folder = Path(place)
        who = cast(folder, options.data, half=1)
        with shelflens.open(folder / "catalogue", create=True) as catalogue:
            catalogue.index(who.catalogue)
            catalogue.look_closer(["local"])
            watchlist = watchlist_of(catalogue)
            watcher = Watcher("stream", Spotter(watchlist), rules=Rules(threshold=threshold(options.alarms)))
            ids = {actor.product_id for actor in who.listed}
            model = bare_model(watchlist)
            print(f"{len(ids)} products on the list, {len(who.strangers)} strangers", flush=True)
            for number in range(max(1, round(options.minutes * 60 / seconds))):
                path = folder / "scene.mp4"
                truth = film(
                    path, scene(who, number, seconds=seconds, first=options.first), seed=options.first + number
                )
                watch(stream, watcher, path, truth)
                if number % 2:
                    report(stream, ids, model)
            stream.events += [one.event for one in watcher.finish()]
            report(stream, ids, model)


if __name__ == "__main__":
    main()

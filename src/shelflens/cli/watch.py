"""`shelflens watch`: tell me when one of these comes into view, or is taken away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import click

from shelflens.alert import Alert, Courier, Outbox, SinkSettings, open_sink
from shelflens.alert.base import Delivery, facts
from shelflens.cli.items import detector, opened_items, watchlist
from shelflens.cli.options import json_option
from shelflens.cli.output import BAD_ROWS, STOPPED, print_line
from shelflens.cli.stopping import stop_as_ctrl_c
from shelflens.picture import FetchPolicy
from shelflens.settings import from_environment
from shelflens.video import Patience, Source, sources
from shelflens.watch.alarms import Alarms, alert_of
from shelflens.watch.certainty import threshold
from shelflens.watch.events import Happening, Rules
from shelflens.watch.intake import Intake, Standing
from shelflens.watch.spotting import Effort, Spotter
from shelflens.watch.watcher import Occurrence, Watcher

STANDING_EVERY = 10.0  # seconds between two looks at how the streams are doing
DAY = 86_400.0
_Tell: TypeAlias = Callable[[Source, Sequence[Occurrence]], None]
POSITIVE = click.FloatRange(0, min_open=True)
FILES_AT_ONCE = 4  # of a folder: each has a decoder and a thread
ALARMS = (Happening.APPEARED.value, Happening.MISSING.value)


@click.command()
@click.argument("video", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--items", multiple=True, required=True, help="A catalogue; or photos, or folders of them. Repeatable.")
@click.option("--every", default=0.2, show_default=True, type=click.FloatRange(0.02, 60), help="Seconds a look.")
@click.option(
    "--alert",
    "alerts",
    multiple=True,
    metavar="KIND:WHERE",
    help="lines:PATH, webhook:URL, mail:ADDRESS or command:PROGRAM. Repeatable.",
)
@click.option(
    "--on",
    "wanted",
    multiple=True,
    type=click.Choice([happening.value for happening in Happening]),
    default=ALARMS,
    show_default=True,
    help="What is told. Repeatable.",
)
@click.option("--false-alarms", default=1.0, show_default=True, type=POSITIVE, help="How many an hour may be.")
@click.option("--cool-down", default=30.0, show_default=True, type=click.FloatRange(0), help="Seconds between alarms.")
@click.option("--keep-days", default=30.0, show_default=True, type=POSITIVE, help="How long pictures are kept.")
@click.option(
    "--outbox",
    default="shelflens-watch.db",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where alerts wait until they are delivered.",
)
@click.option("--detector", "detector_name", metavar="detector:PATH", help="An ONNX network that proposes regions.")
@click.option("--regions", default=4, show_default=True, type=click.IntRange(1, 64), help="Looked at in one frame.")
@click.option("--give-up", type=click.IntRange(0), help="Tries in a row, after which a stream is given up; else never.")
@json_option
@click.pass_context
def watch(
    ctx: click.Context,
    *,
    video: tuple[str, ...],
    items: tuple[str, ...],
    every: float,
    alerts: tuple[str, ...],
    wanted: tuple[str, ...],
    false_alarms: float,
    cool_down: float,
    keep_days: float,
    outbox: Path,
    detector_name: str | None,
    regions: int,
    give_up: int | None,
    as_json: bool,
) -> None:
    """Tells when one of the --items comes into view in SOURCE, and when one that stood there is gone.

    SOURCE is a video file, a folder of them, rtsp://..., http://..., or camera:0. With --json, a JSON object a line.
    """
    opened = [source for one in video for source in sources(one)]
    rules = Rules(threshold=threshold(false_alarms), cool_down=cool_down)
    proposer = detector(detector_name)
    with (
        opened_items(items) as catalogue,
        _courier(alerts, outbox, wanted, cool_down=cool_down, retention=keep_days * DAY) as alarms,
        stop_as_ctrl_c(),
    ):
        listed = watchlist(catalogue)
        effort, began = Effort(regions=regions), datetime.now(UTC).isoformat()

        def watcher(source: Source) -> Watcher:
            return Watcher(source.name, Spotter(listed, effort=effort, detector=proposer), rules=rules)

        def tell(source: Source, occurrences: Sequence[Occurrence]) -> None:
            for occurrence in occurrences:
                alert = alert_of(occurrence, listed, session=began if source.live else "")
                told = alarms.raise_(alert, occurrence, live=source.live) if alarms else False
                _print(alert, occurrence, told=told, as_json=as_json)

        stopped, standings = False, []
        for group in _groups(opened):
            intake = Intake(group, per_second=1 / every, patience=Patience(tries=give_up))
            watchers = [watcher(source) for source in group]
            try:
                _run(intake, group, watchers, tell)
            except KeyboardInterrupt:
                stopped = True
            intake.stop()
            for source, one in zip(group, watchers, strict=True):
                tell(source, one.finish())
            standings += intake.standings()
            if stopped:
                break
    for standing in standings:
        _say(standing)
    for photo in listed.unreadable:
        click.echo(photo, err=True)
    if stopped:
        ctx.exit(STOPPED)
    if any(standing.failure for standing in standings):
        ctx.exit(1 if all(standing.failure for standing in standings) else BAD_ROWS)


def _groups(opened: Sequence[Source]) -> list[list[Source]]:
    """What is watched side by side: all that is live, and a few files; then the other files."""
    live = [source for source in opened if source.live]
    files = [source for source in opened if not source.live]
    groups = [files[at : at + FILES_AT_ONCE] for at in range(0, len(files), FILES_AT_ONCE)]
    return [[*live, *(groups[0] if groups else [])], *groups[1:]]


def _run(intake: Intake, opened: Sequence[Source], watchers: Sequence[Watcher], tell: _Tell) -> None:
    said: list[Standing] = intake.standings()
    due = time.monotonic() + STANDING_EVERY
    for number, frame in intake:
        tell(opened[number], watchers[number].see(frame))
        if time.monotonic() >= due:
            due = time.monotonic() + STANDING_EVERY
            now = intake.standings()
            for before, after in zip(said, now, strict=True):
                _report(before, after)
            said = now


@contextmanager
def _courier(
    alerts: Sequence[str], path: Path, wanted: Sequence[str], *, cool_down: float, retention: float
) -> Iterator[Alarms | None]:
    """None where nobody is to be told. What could not be delivered before is delivered now."""
    if not alerts:
        yield None
        return
    settings = SinkSettings.from_environment(
        os.environ, FetchPolicy(allowed_hosts=from_environment(os.environ).allowed_hosts)
    )
    sinks = [open_sink(text, settings) for text in alerts]
    outbox = Outbox(path)
    courier = Courier(
        outbox, sinks, retention=retention, on_trouble=lambda sink, why: click.echo(f"{sink}: {why}", err=True)
    )
    courier.start()
    happenings = frozenset(Happening(one) for one in wanted)
    try:
        yield Alarms(outbox, tuple(sink.name for sink in sinks), happenings, cool_down, courier.wake)
    finally:
        if left := courier.stop():
            click.echo(f"{left} alerts are not delivered yet; they are in {path}, for the next run", err=True)
        outbox.close()


def _print(alert: Alert, occurrence: Occurrence, *, told: bool, as_json: bool) -> None:
    if as_json:
        said = facts(Delivery(alert, 1))
        del said["attempt"], said["repeat"]
        print_line(said | {"repeated": occurrence.event.repeated, "told": told})
    elif occurrence.event.happening is not Happening.ENDED and not occurrence.event.repeated:
        click.echo(alert.line())


def _report(before: Standing, now: Standing) -> None:
    """What has become worse."""
    if now.dropped > before.dropped:
        frames = now.analysed - before.analysed
        click.echo(
            f"{now.stream}: falling behind: {now.dropped - before.dropped} frames dropped, {frames} looked at; "
            "try --every with more seconds, or fewer --regions",
            err=True,
        )
    if now.health.reconnects > before.health.reconnects:
        click.echo(f"{now.stream}: opened again, {now.health.reconnects} times so far: {now.health.trouble}", err=True)
    if now.health.corrupt > before.health.corrupt:
        click.echo(f"{now.stream}: {now.health.corrupt - before.health.corrupt} damaged packets skipped", err=True)


def _say(standing: Standing) -> None:
    if standing.failure:
        click.echo(standing.failure, err=True)
    health = standing.health
    click.echo(
        f"{standing.stream}: {standing.analysed} frames looked at, {standing.dropped} dropped, {health.corrupt} "
        f"damaged, {health.reconnects} times opened again, {health.jumps} jumps of its clock",
        err=True,
    )

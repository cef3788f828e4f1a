"""Several streams share one worker: in turns, without queues. The streams are scripts, for exact times."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

from PIL import Image

from shelflens.errors import VideoError
from shelflens.video import Frame, Source
from shelflens.video.source import Kind
from shelflens.watch.intake import Intake

PICTURE = Image.new("RGB", (8, 8))
FRAMES = 30


def live(name: str) -> Source:
    return Source(Kind.STREAM, f"rtsp://{name}/", name)


def a_file(name: str) -> Source:
    return Source(Kind.FILE, name, name)


def at_once(_source: Source, **_options: Any) -> Iterator[Frame]:
    """All frames, as fast as they are taken."""
    for number in range(FRAMES):
        yield Frame(float(number), PICTURE)


def test_of_files_every_frame_is_looked_at_and_each_has_its_turn() -> None:
    intake = Intake([a_file("a"), a_file("b"), a_file("c")], per_second=5, read=at_once)
    order = [(number, frame.at) for number, frame in intake]
    for which in range(3):
        assert [at for number, at in order if number == which] == [float(n) for n in range(FRAMES)]
    assert {standing.analysed for standing in intake.standings()} == {FRAMES}
    assert not any(standing.dropped for standing in intake.standings())


def test_a_live_stream_that_nobody_has_time_for_keeps_its_newest_frame_and_counts_the_others() -> None:
    sent = threading.Event()

    def flood(_source: Source, **_options: Any) -> Iterator[Frame]:
        yield from at_once(_source)
        sent.set()

    intake = Intake([live("door")], per_second=5, read=flood)
    frames = iter(intake)
    first = next(frames)
    assert sent.wait(10)
    rest = list(frames)
    assert [frame.at for _, frame in rest] == ([FRAMES - 1.0] if first[1].at < FRAMES - 1 else [])
    (standing,) = intake.standings()
    assert standing.analysed + standing.dropped == FRAMES and standing.over


def test_two_streams_that_flood_are_looked_at_in_turns() -> None:
    stop = threading.Event()

    def endless(_source: Source, **_options: Any) -> Iterator[Frame]:
        at = 0.0
        while not stop.is_set():
            yield Frame(at := at + 1, PICTURE)
            stop.wait(0.001)

    intake = Intake([live("door"), live("gate")], per_second=5, read=endless)
    seen: list[int] = []
    for number, _ in intake:
        seen.append(number)
        stop.wait(0.02)  # the work; both have a new frame meanwhile
        if len(seen) == 40:
            break
    stop.set()
    intake.stop()
    assert 15 <= seen.count(0) <= 25


def test_a_stream_that_fails_says_why_and_the_others_go_on() -> None:
    def one_fails(source: Source, **_options: Any) -> Iterator[Frame]:
        if source.name == "bad":
            raise VideoError("bad: cannot be opened as a video")
        yield from at_once(source)

    intake = Intake([a_file("bad"), a_file("good")], per_second=5, read=one_fails)
    assert len(list(intake)) == FRAMES
    bad, good = intake.standings()
    assert bad.failure.startswith("bad") and not good.failure


def test_a_lasting_intake_takes_in_streams_one_by_one_and_lets_them_go() -> None:
    stop = threading.Event()

    def endless(source: Source, **options: Any) -> Iterator[Frame]:
        at = 0.0
        while not options["stopped"]():
            yield Frame(at := at + 1, PICTURE)
            stop.wait(0.001)

    intake = Intake(per_second=5, lasting=True, read=endless)
    frames = iter(intake)
    door = intake.add(live("door"))
    assert next(frames)[0] == door
    gate = intake.add(live("gate"))
    assert gate in {next(frames)[0] for _ in range(20)}
    intake.drop(door)
    assert {next(frames)[0] for _ in range(20)} == {gate}  # not even the frame that waited
    assert intake.standing(door) is None and intake.is_over(door)
    assert [standing.stream for standing in intake.standings()] == ["gate"]
    intake.drop(gate)
    yard = intake.add(live("yard"))
    assert yard not in (door, gate) and next(frames)[0] == yard
    intake.stop()
    assert len(list(frames)) <= 1  # the one that waited

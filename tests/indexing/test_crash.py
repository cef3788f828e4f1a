"""kill -9 at random moments of an indexing run loses nothing that was acknowledged."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import drawn_folder

import shelflens
from shelflens.feed.base import FeedRow
from shelflens.feed.opening import open_feed
from shelflens.indexing.writer import COMMIT_PHOTOS

KILLS = 20
INDEX = """
import signal, sys, time, shelflens
with shelflens.open(sys.argv[1], create=True) as catalogue:
    signal.setitimer(signal.ITIMER_PROF, float(sys.argv[3]))  # SIGPROF, which nobody handles, ends it as kill -9 does
    began = time.process_time()
    catalogue.index(sys.argv[2], on_progress=lambda progress: print(progress.kept, flush=True))
    print("seconds", time.process_time() - began, flush=True)
"""
NEVER = 0.0  # what setitimer reads as no alarm


def contents(catalogue: shelflens.Catalogue) -> list[tuple[object, ...]]:
    """All that a catalogue holds, in an order of its own."""
    rows: list[tuple[object, ...]] = []
    for product in catalogue.records.products():
        photos = [photo for _, photo in catalogue.records.photos_of(product.product_id)]
        vectors = catalogue.records.vectors([photo.photo_id for photo in photos], space=catalogue.space)
        rows.append((product.product_id, product.title, product.category))
        rows.extend((photo, vector.tobytes()) for photo, vector in zip(photos, vectors, strict=True))
    return sorted(rows, key=repr)


@pytest.mark.timeout(900)
def test_killed_twenty_times_and_resumed_it_equals_an_uninterrupted_run(tmp_path: Path) -> None:
    shop = drawn_folder(tmp_path / "shop", photos=24)
    assert COMMIT_PHOTOS < 8 * 24  # they are kept in several portions
    lines = _index(tmp_path / "whole.lens", shop, killed_after=NEVER)
    seconds = float(lines[-1].removeprefix("seconds"))
    with shelflens.open(tmp_path / "whole.lens") as catalogue:
        expected = contents(catalogue)
    rows = [row for row in open_feed(str(shop)) if isinstance(row, FeedRow)]
    order = [place.source for row in rows for place in row.photos]
    dice = random.Random(1)
    cut_short = 0
    for kill in range(KILLS):
        path = tmp_path / f"{kill}.lens"
        lines = _index(path, shop, killed_after=dice.uniform(0, seconds))
        acknowledged = max((int(line) for line in lines if line.isdigit()), default=0)
        cut_short += acknowledged < len(order)
        with shelflens.open(path, create=True) as catalogue:
            if catalogue.records.active_space():
                held = {
                    photo.source
                    for product in catalogue.records.products()
                    for _, photo in catalogue.records.photos_of(product.product_id)
                }
                assert held >= set(order[:acknowledged])
            report = catalogue.index(shop)
            assert report.unchanged >= acknowledged
            assert contents(catalogue) == expected
            assert catalogue.search(order[0], k=1)[0].photo.source == order[0]
    assert cut_short >= KILLS / 2  # the kills did hit running work


def _index(path: Path, source: Path, *, killed_after: float) -> list[str]:
    """The whole lines that the process printed; ``killed_after`` is in seconds of CPU, the same on a busy machine."""
    command = [sys.executable, "-c", INDEX, str(path), str(source), str(killed_after)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.split("\n")[:-1]

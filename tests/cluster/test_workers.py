"""The laws of workers, for threads of this process and for a Ray cluster; then what only a cluster can lose."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from PIL import Image
from tests.cli.command import shelflens as command
from tests.cluster.errands import Measured, Measuring
from tests.ray_cluster import workers as ray_workers

import shelflens
from shelflens.cluster.parts import PART
from shelflens.errors import ClusterError, ModelError, ShelflensError
from shelflens.feed.base import BadRow, BytesPhoto, Feed, FeedRow, FilePhoto
from shelflens.feed.opening import open_feed
from shelflens.indexing import PhotoReader, Progress
from shelflens.indexing.loading import load_workers
from shelflens.indexing.threads import Threads
from shelflens.indexing.work import Workers
from shelflens.settings import Settings

WAIT = 120.0  # seconds, at most, for what other processes do
INDEX = """
import sys, shelflens
with shelflens.open(sys.argv[1], create=True, workers=f"ray:{sys.argv[3]}") as catalogue:
    catalogue.index(sys.argv[2], on_progress=lambda progress: print(progress.kept, flush=True))
"""


@pytest.fixture(params=["threads", "ray"])
def workers(request: pytest.FixtureRequest) -> Workers:
    if request.param == "threads":
        return Threads(2)
    return load_workers(f"ray:{request.getfixturevalue('ray_cluster')}", cores=2)


@pytest.fixture
def reader() -> Iterator[PhotoReader]:
    reader = PhotoReader()
    yield reader
    reader.close()


def errands(lengths: list[int]) -> list[tuple[int, Measured | None]]:
    """None for every length 0."""
    return [(at, Measured(BytesPhoto(b"x" * it, f"t:{at}")) if it else None) for at, it in enumerate(lengths)]


def test_results_come_in_order_and_bad_ones_with_them(workers: Workers, reader: PhotoReader, tmp_path: Path) -> None:
    lengths = [number * 7 % 11 for number in range(3 * PART + 5)]
    asked = errands(lengths)
    asked[9:9] = [(-1, Measured(FilePhoto(tmp_path / "gone.jpg")))]
    with workers.hired(Measuring(), reader) as team:
        found = list(team.results(asked))
        assert list(team.results(errands([3, 0, 4]))) == [(0, 3), (1, None), (2, 4)]  # as often as one likes
        assert list(team.results([])) == []
    ticket, reason = found.pop(9)
    assert ticket == -1 and "gone.jpg: cannot be read" in str(reason)
    assert found == [(at, it or None) for at, it in enumerate(lengths)]


def test_what_the_job_raises_is_raised_and_errands_are_drawn_as_needed(workers: Workers, reader: PhotoReader) -> None:
    drawn = count()

    def endless() -> Iterator[tuple[int, Measured]]:
        for number in drawn:
            yield number, Measured(BytesPhoto(b"fail" if number == 500 else b"x", f"t:{number}"))

    with workers.hired(Measuring(), reader) as team, pytest.raises(ModelError, match="is broken; get another"):
        for at, (ticket, _) in enumerate(team.results(endless())):
            assert ticket == at
    assert next(drawn) < 1_000


def test_an_address_that_is_none_is_told_before_anything_is_done(tmp_path: Path) -> None:
    for address in ("", "nowhere", "ray://head:10001", "host:", ":6379"):
        with pytest.raises(ClusterError, match="is no Ray cluster: auto"):
            shelflens.open(tmp_path / "c.lens", create=True, workers=f"ray:{address}")
    with pytest.raises(ShelflensError, match="no worker called 'spark'; there is ray"):
        shelflens.open(tmp_path / "c.lens", create=True, workers="spark:x")
    assert not (tmp_path / "c.lens").exists()


# -- a catalogue


def contents(catalogue: shelflens.Catalogue, space: str | None = None) -> list[tuple[object, ...]]:
    """All that a catalogue holds, in the order of its keys."""
    rows: list[tuple[object, ...]] = []
    for product in catalogue.records.products():
        keyed = catalogue.records.photos_of(product.product_id)
        vectors = catalogue.records.vectors([photo.photo_id for _, photo in keyed], space=space or catalogue.space)
        small = [catalogue.records.thumbnail(photo.photo_id) for _, photo in keyed]
        rows.append((product,))
        rows += [(*one, vector.tobytes(), its) for one, vector, its in zip(keyed, vectors, small, strict=True)]
    return rows


def test_a_catalogue_made_by_a_cluster_is_the_same_bit_by_bit(shop: Path, tmp_path: Path, ray_cluster: str) -> None:
    """Files, addresses, files that only this process can see, bad rows, equal bytes; then other models and copies."""

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(shop))  # type: ignore[arg-type]  # the server passes its three

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    seen_here = os.open(shop, os.O_RDONLY)  # a folder that no other process has at this path
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        rows = [f"url{n},{address}/p{n}/0.jpg" for n in range(4)] + [f"gone,{address}/gone.jpg", "bare,"]
        rows += [f"unseen{n},/proc/self/fd/{seen_here}/p{n}/1.jpg" for n in range(8)]
        rows += [f"lost,/proc/self/fd/{seen_here}/p0/9.jpg", f",{shop}/p0/0.jpg", f"page,{tmp_path}/page.jpg"]
        Image.open(shop / "p3" / "0.jpg").resize((160, 150)).save(tmp_path / "half.jpg")
        rows += [f"half,{tmp_path}/half.jpg"]
        (tmp_path / "page.jpg").write_text("<html>not found</html>")
        (tmp_path / "t.csv").write_text("\n".join(["product_id,photo", *rows]))
        settings = Settings(threads=2, allowed_hosts=frozenset({"127.0.0.1"}))
        made, reports, bad, copies = [], [], ([], []), []  # type: ignore[var-annotated]
        for at, workers in enumerate((None, f"ray:{ray_cluster}")):
            where = tmp_path / f"{at}.lens"
            with shelflens.open(where, create=True, model="lite0", settings=settings, workers=workers) as catalogue:
                report = catalogue.index(shop, tmp_path / "t.csv", on_bad=bad[at].append)
                beside = catalogue.beside("lite0-fp32")
                filled = beside.fill()
                made.append((contents(catalogue), contents(catalogue, beside.space)))
                found = catalogue.duplicates()
                copies.append((found.photos, found.products, found.compared, found.unopened))
                reports.append(
                    (report.rows, report.embedded, report.reused, report.unchanged, report.bad, filled.photos)
                )
                assert not report.interrupted and not filled.interrupted
                beside.reader.close()
        server.shutdown()
    os.close(seen_here)
    assert reports[0] == reports[1] and reports[0][4] == 4
    assert bad[0] == bad[1]
    assert made[0] == made[1]
    assert copies[0] == copies[1] and any(str(group.kind) == "near" for group in copies[0][0])


def test_a_cluster_goes_on_where_it_was_stopped_and_embeds_nothing_twice(
    large_shop: Path, tmp_path: Path, ray_cluster: str
) -> None:
    """Stopped as by Ctrl-C; then its process is killed; then the rest, by the command line."""
    where = tmp_path / "c.lens"

    pressed: list[Progress] = []

    def stop(progress: Progress) -> None:
        if progress.kept and not pressed:
            pressed.append(progress)
            raise KeyboardInterrupt

    with shelflens.open(where, create=True, workers=f"ray:{ray_cluster}") as catalogue:
        assert catalogue.index(large_shop, on_progress=stop).interrupted
        stopped = catalogue.records.counts().photos
    assert 0 < stopped < 400
    _until(lambda: not ray_workers(), "the workers are dismissed")
    words = [sys.executable, "-c", INDEX, str(where), str(large_shop), ray_cluster]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) > stopped:
                process.kill()
                break
    with shelflens.open(where) as catalogue:
        killed = catalogue.records.counts().photos
    assert stopped < killed <= 400
    _until(lambda: not ray_workers(), "Ray has ended the workers of the killed process")
    command("index", where, large_shop, "--ray", ray_cluster, "--quiet")
    with shelflens.open(where, workers=f"ray:{ray_cluster}") as catalogue:
        assert catalogue.records.counts().photos == 400
        resumed = sorted(map(repr, contents(catalogue)))
    with shelflens.open(tmp_path / "whole.lens", create=True) as catalogue:
        catalogue.index(large_shop)
        assert sorted(map(repr, contents(catalogue))) == resumed


class Killing:
    """A Feed: from some row on, one of the workers is dead."""

    name = "killing"

    def __init__(self, feed: Feed, *, at: int) -> None:
        self._feed = feed
        self._at = at
        self.killed: int | None = None

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        for number, row in enumerate(self._feed):
            if number == self._at:
                self.killed = min(ray_workers())
                os.kill(self.killed, signal.SIGKILL)
            yield row

    def photos(self) -> int | None:
        return self._feed.photos()


def test_a_killed_worker_changes_nothing(large_shop: Path, tmp_path: Path, ray_cluster: str) -> None:
    rows = [f"p{n},{photo}" for n, photo in enumerate(sorted(large_shop.glob("*/1*.jpg")))]
    (tmp_path / "t.csv").write_text("\n".join(["product_id,photo", *rows]))
    made = []
    for at, workers in enumerate((None, f"ray:{ray_cluster}")):
        feed = open_feed(str(tmp_path / "t.csv"))
        killing = Killing(feed, at=4 * PART)
        with shelflens.open(tmp_path / f"{at}.lens", create=True, locate="whole", workers=workers) as catalogue:
            report = catalogue.index(killing if workers else feed)
            assert (report.embedded, report.bad) == (len(rows), 0)
            made.append(contents(catalogue))
        assert killing.killed or not workers
    assert made[0] == made[1]


def test_a_killed_worker_costs_no_more_than_what_it_had(tmp_path: Path, ray_cluster: str, reader: PhotoReader) -> None:
    log, photos = tmp_path / "log", 20 * PART

    def asked() -> Iterator[tuple[int, Measured]]:
        for at in range(photos):
            if at == 8 * PART:
                os.kill(min(ray_workers()), signal.SIGKILL)
            yield at, Measured(BytesPhoto(b"x" * (1 + at % 7), f"t:{at}"))

    with load_workers(f"ray:{ray_cluster}", cores=2).hired(Measuring(log), reader) as team:
        assert list(team.results(asked())) == [(at, 1 + at % 7) for at in range(photos)]
    done = Counter(line.split()[1] for line in log.read_text().splitlines())
    assert len(done) == photos
    assert done.total() <= photos + 2 * PART


def test_a_photo_that_ends_every_worker_is_reported_and_the_rest_goes_on(
    ray_cluster: str, tmp_path: Path, reader: PhotoReader
) -> None:
    log = tmp_path / "log"
    asked = errands([1 + at % 5 for at in range(3 * PART)])
    asked[5] = (5, Measured(BytesPhoto(b"die", "t:5")))
    with load_workers(f"ray:{ray_cluster}", cores=2).hired(Measuring(log), reader) as team:
        found = dict(team.results(asked))
    assert "lost, again and again" in str(found.pop(5))
    assert found == {at: 1 + at % 5 for at in range(3 * PART) if at != 5}
    assert Counter(line.split()[1] for line in log.read_text().splitlines())["t:5"] == 4


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)

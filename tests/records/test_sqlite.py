"""What only a file can suffer: killed writers, power cuts, two processes, foreign and newer files."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shelflens.errors import CatalogueError, FullError
from shelflens.manifest import ModelManifest
from shelflens.records import sqlite
from shelflens.records.base import Batch, Embedded
from shelflens.records.sqlite import FILE, SqliteRecords
from shelflens.types import Product

Embed = Callable[..., Embedded]

#: Writes batch after batch of two products with a photo each and says which are durable.
WRITER = """
import sys
from pathlib import Path
import numpy as np
from shelflens.manifest import ModelManifest
from shelflens.records.base import Batch, Embedded
from shelflens.records.sqlite import SqliteRecords
from shelflens.types import Photo, Preprocessing, Product

records = SqliteRecords(Path(sys.argv[1]), create=True)
space = records.add_space(ModelManifest("tiny", "0" * 64, 16, Preprocessing(), ""))
vectors = np.eye(16, dtype=np.float32)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    ids = [f"p{number}", f"q{number}"]
    placed = (vectors[number % 16], space, b"j" * 300)
    photos = [Embedded(Photo(f"{i}-{number}", i, f"{i}.jpg", 9, 9), *placed) for i in ids]
    records.write(Batch([Product(i, title="x" * 200) for i in ids], photos), space=space)
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def writer(path: Path, first: int, last: int, *before: str) -> subprocess.Popen[str]:
    command = [*before, sys.executable, "-c", WRITER, str(path), str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_whole(path: Path, acknowledged: int) -> int:
    """The catalogue is sound and holds the batches 0..acknowledged-1 and perhaps more, each whole; says how many."""
    connection = sqlite3.connect(path / FILE)
    assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    assert connection.execute("pragma foreign_key_check").fetchall() == []
    connection.close()
    records = SqliteRecords(path, create=False)
    found = {product.product_id for product in records.products()}
    batches = len(found) // 2
    assert batches >= acknowledged
    assert found == {f"{letter}{number}" for letter in "pq" for number in range(batches)}
    space = records.active_space()
    assert space is not None
    photo_ids = [f"q{number}-{number}" for number in range(batches)]
    assert records.vectors(photo_ids, space=space).shape == (batches, 16)
    assert sum(len(portion.put_keys) for portion in records.changes(space, 0)) == 2 * batches
    assert records.counts().photos == 2 * batches
    records.close()
    return batches


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    path, random, done = tmp_path / "shop.lens", np.random.default_rng(), 0
    for _ in range(5):
        process = writer(path, done, 10**6)
        assert process.stdout is not None and process.stderr is not None
        seen = [process.stdout.readline() for _ in range(2)]  # however slow the machine, some are acknowledged
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        acknowledged = done + len(seen) + len(process.stdout.readlines())
        process.communicate()
        done = check_whole(path, acknowledged)
    assert done > 5


def cut_off(path: Path, batches: int) -> tuple[bytes, bytes]:
    """(database, log) as on the disk right after `batches` acknowledged writes: a snapshot of a running writer."""
    process = writer(path, 0, batches)
    assert process.stdout is not None
    for _ in range(batches):
        process.stdout.readline()
    process.kill()
    process.communicate()
    return (path / FILE).read_bytes(), (path / f"{FILE}-wal").read_bytes()


@pytest.mark.parametrize("tail", ["nothing", "zeros", "garbage", "half a frame", "an old frame again"])
def test_a_power_cut_in_the_middle_of_the_next_write_loses_nothing(tmp_path: Path, tail: str) -> None:
    """Behind the last synchronised byte of the log the disk may hold anything; before it, it holds what was written.

    The shared-memory file is lost in a power cut. test_every_commit_waits_for_the_disk shows that what was
    acknowledged lies before that byte.
    """
    database, log = cut_off(tmp_path / "shop.lens", 12)
    garbage = np.random.default_rng(0).bytes(30_000)
    frame = log[32 : 32 + 24 + 8_192]
    behind = {
        "nothing": b"",
        "zeros": bytes(30_000),
        "garbage": garbage,
        "half a frame": frame[:5_000],
        "an old frame again": frame,
    }[tail]
    again = tmp_path / "again.lens"
    again.mkdir()
    (again / FILE).write_bytes(database)
    (again / f"{FILE}-wal").write_bytes(log + behind)
    assert check_whole(again, 12) >= 12
    process = writer(again, 12, 15)  # and it goes on
    process.communicate()
    assert process.returncode == 0
    check_whole(again, 15)


def test_a_log_without_its_synchronised_end_would_lose_a_batch(tmp_path: Path) -> None:
    """The test above can fail: without the last bytes that were acknowledged, the last batch is gone."""
    database, log = cut_off(tmp_path / "shop.lens", 12)
    again = tmp_path / "again.lens"
    again.mkdir()
    (again / FILE).write_bytes(database)
    (again / f"{FILE}-wal").write_bytes(log[: len(log) // 2])
    assert check_whole(again, 0) < 12


def test_every_commit_waits_for_the_disk(tmp_path: Path) -> None:
    """Counted in the kernel: at least one fsync or fdatasync of the log for each acknowledged batch."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed, so the calls cannot be counted")
    calls = tmp_path / "calls"
    strace = ["strace", "-f", "-qq", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(calls)]
    process = writer(tmp_path / "shop.lens", 0, 20, *strace)
    output, error = process.communicate()
    if process.returncode and "PTRACE" in error.upper():
        pytest.skip(f"strace may not trace here: {error.strip()[:80]}")
    assert output.splitlines()[-1] == "19", error
    lines = calls.read_text().splitlines()
    synced_since_the_last = False
    acknowledged = 0
    for line in lines:
        if "sync(" in line and f"{FILE}-wal" in line:
            synced_since_the_last = True
        elif "write(1<" in line:
            assert synced_since_the_last, "acknowledged before the log was on the disk"
            synced_since_the_last = False
            acknowledged += 1
    assert acknowledged == 20


def test_a_reader_sees_whole_batches_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "shop.lens"
    process = writer(path, 0, 150)
    assert process.stdout is not None
    process.stdout.readline()
    reader = SqliteRecords(path, create=False)
    space = reader.active_space()
    assert space is not None
    seen, at, held = 0, 0, set[int]()
    while process.poll() is None:
        photos = reader.counts().photos
        assert photos % 2 == 0
        assert photos >= seen
        seen = photos
        for portion in reader.changes(space, at, limit=5):
            held |= set(portion.put_keys.tolist())
            at = portion.version
    for portion in reader.changes(space, at):
        held |= set(portion.put_keys.tolist())
    assert process.returncode == 0
    assert held == set(range(1, 301))
    reader.close()
    process.communicate()


def test_two_writing_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "shop.lens"
    processes = [writer(path, 0, 60), writer(path, 60, 120)]
    for process in processes:
        _, error = process.communicate()
        assert process.returncode == 0, error
    check_whole(path, 120)


def test_threads_may_read_and_write_at_once(tmp_path: Path, manifest: ModelManifest, embedded: Embed) -> None:
    records = SqliteRecords(tmp_path / "shop.lens", create=True)
    space = records.add_space(manifest)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                product_id = f"{name}{number}"
                photo = embedded(product_id, 1 + number)
                records.write(Batch([Product(product_id)], [photo]), space=space)
                assert [photo.photo] == [kept for _, kept in records.photos_of(product_id)]
                assert records.counts().photos >= number
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert records.counts().photos == 80
    records.close()


def test_a_missing_catalogue_is_named_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nowhere: no catalogue there; make one with: shelflens index"):
        SqliteRecords(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_a_catalogue_cannot_be_made_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CatalogueError, match="no catalogue can be made there"):
        SqliteRecords(tmp_path / "file" / "shop.lens", create=True)


@pytest.mark.parametrize("create", [False, True])
def test_files_of_another_kind_are_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    (tmp_path / FILE).write_text("these are not records " * 100)
    with pytest.raises(CatalogueError, match="not a database"):
        SqliteRecords(tmp_path, create=create)
    assert (tmp_path / FILE).read_text().startswith("these are not records")
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as foreign:
        foreign.execute("create table songs (title)")
    foreign.close()
    with pytest.raises(CatalogueError, match="not the records of a shelflens catalogue"):
        SqliteRecords(tmp_path, create=create)


def test_a_newer_catalogue_is_refused_with_the_way_out(tmp_path: Path) -> None:
    SqliteRecords(tmp_path, create=True).close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("update meta set number = 99 where name = 'schema'")
    database.close()
    with pytest.raises(CatalogueError, match=r"made by a newer shelflens .* upgrade"):
        SqliteRecords(tmp_path, create=False)


def test_a_catalogue_of_the_former_schema_is_taken_up_as_it_is(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 3)
    process.communicate()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("drop table space_changes")
        database.execute("update meta set number = 1 where name = 'schema'")
    database.close()
    records = SqliteRecords(tmp_path, create=False)
    space = records.active_space()
    assert space is not None
    (portion,) = records.changes(space, 0)
    assert len(portion.put_keys) == 6
    records.close()
    SqliteRecords(tmp_path, create=False).close()


def test_photos_are_looked_up_and_never_scanned_for(tmp_path: Path) -> None:
    """SQLite reads a whole table for `(a, b) IN (...)`; that made indexing slower with every photo."""
    from sqlalchemy import event

    records = SqliteRecords(tmp_path, create=True)
    plans: list[str] = []

    def explain(
        connection: object, cursor: sqlite3.Cursor, statement: str, values: tuple[object, ...], *_: object
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and isinstance(values, tuple):
            plan = cursor.connection.execute(f"explain query plan {statement}", values)
            plans.extend(f"{row[3]} in {statement}" for row in plan)

    process = writer(tmp_path, 0, 3)
    process.communicate()
    event.listen(records._engine, "before_cursor_execute", explain)
    space = records.active_space()
    assert space is not None
    photos = [photo for _, photo in records.photos_of("p1")]
    unit = np.eye(16, dtype=np.float32)[0]
    records.write(Batch([Product("p1", title="new")], [Embedded(photo, unit, space) for photo in photos]), space=space)
    records.remove_products(["p1", "p2"])
    list(records.changes(space, 1))
    records.add_vectors({photo.photo_id: unit for photo in photos}, space=space)
    assert len(plans) > 10
    # "INDEX 0:=" is a virtual table's row, looked up by its number; "log" is a portion of two logs, found by index.
    fine = ("SCAN meta", "SCAN spaces", "SCAN log", "SCAN product_words VIRTUAL TABLE INDEX 0:= ")
    assert not [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(fine)]
    records.close()


def test_a_file_that_may_not_grow_keeps_what_it_has(
    tmp_path: Path, manifest: ModelManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PRAGMAS", (*sqlite._PRAGMAS, "max_page_count = 100"))
    records, kept = SqliteRecords(tmp_path / "shop.lens", create=True), 0
    space = records.add_space(manifest)
    with pytest.raises(FullError, match="database or disk is full"):
        for kept in range(10_000):
            records.write(Batch([Product(f"p{kept}", title="x" * 2_000)]), space=space)
    assert 0 < kept == records.counts().products
    records.close()

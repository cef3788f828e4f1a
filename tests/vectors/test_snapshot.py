"""A snapshot is taken over whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shelflens.types import Vectors
from shelflens.vectors import snapshot
from shelflens.vectors.base import VectorIndex
from shelflens.vectors.exact import ExactIndex
from shelflens.vectors.ivf import IvfIndex

Make = Callable[[int], VectorIndex]
Draw = Callable[..., Vectors]


def filled(make: Make, draw: Draw, count: int = 2_500, dimension: int = 32) -> VectorIndex:
    index = make(dimension)
    index.put(np.arange(1, count + 1), draw(count, dimension))
    return index


def test_a_loaded_index_finds_what_the_saved_one_found(make: Make, draw: Draw, tmp_path: Path) -> None:
    index, queries = filled(make, draw), draw(20, 32, 1)
    index.remove(np.arange(1, 100))
    before = index.search(queries, 10)
    index.save(tmp_path / "deep" / "index", version=42)
    loaded = make(32)
    assert loaded.load(tmp_path / "deep" / "index") == 42
    for again in (index, loaded):
        found = again.search(queries, 10)
        assert found.keys.tolist() == before.keys.tolist()
        assert found.scores.tolist() == before.scores.tolist()


def test_a_snapshot_is_one_file_whose_folder_is_made(make_own: Make, draw: Draw, tmp_path: Path) -> None:
    filled(make_own, draw).save(tmp_path / "deep" / "index", version=1)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["index"]


def test_a_loaded_index_takes_removals_alone(make: Make, draw: Draw, tmp_path: Path) -> None:
    index = make(32)
    vectors = draw(50, 32)
    index.put(np.arange(1, 51), vectors)
    index.save(tmp_path / "index", version=1)
    loaded = make(32)
    loaded.load(tmp_path / "index")
    loaded.remove(np.array([7]))
    loaded.put(np.empty(0, np.int64), np.empty((0, 32), np.float32))
    assert len(loaded) == 49


def test_a_loaded_index_goes_on_without_touching_its_file(make_own: Make, draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / "index"
    filled(make_own, draw).save(path, version=1)
    before = path.read_bytes()
    index = make_own(32)
    index.load(path)
    index.put(np.arange(2_000, 3_000), draw(1_000, 32, 7))
    index.remove(np.arange(1, 50))
    assert index.search(draw(1_000, 32, 7)[5:6], 1).keys.tolist() == [[2_005]]
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"x", b"not an index" * 1_000, bytes(100_000)])
def test_a_foreign_file_is_left_alone(make: Make, draw: Draw, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "index"
    index = filled(make, draw, 10)
    assert index.load(path) is None
    path.write_bytes(content)
    assert index.load(path) is None
    assert len(index) == 10


def test_another_kind_or_dimension_is_left_alone(draw: Draw, tmp_path: Path) -> None:
    path = tmp_path / "index"
    filled(ExactIndex, draw).save(path, version=1)
    assert IvfIndex(32).load(path) is None
    assert ExactIndex(31).load(path) is None
    assert ExactIndex(32).load(path) == 1


@pytest.mark.parametrize("make", [ExactIndex, IvfIndex])
def test_the_vectors_of_another_space_are_refused_under_its_name(make: Make, draw: Draw, tmp_path: Path) -> None:
    filled(make, draw).save(tmp_path / "43ebcaf270bc.vectors", version=1)
    copy = tmp_path / "0123456789ab.vectors"
    copy.write_bytes((tmp_path / "43ebcaf270bc.vectors").read_bytes())
    assert make(32).load(copy) is None
    assert make(32).load(tmp_path / "43ebcaf270bc.vectors") == 1


@pytest.mark.parametrize("kind", ["exact", "ivf"])
def test_any_damage_is_noticed(kind: str, draw: Draw, tmp_path: Path) -> None:
    """One flipped bit anywhere that counts, a cut, a hole, and something behind the end."""
    make: Make = ExactIndex if kind == "exact" else IvfIndex
    path, damaged = tmp_path / "index", tmp_path / "damaged" / "index"
    damaged.parent.mkdir()
    filled(make, draw).save(path, version=1)
    whole = path.read_bytes()
    read = snapshot.read(path, kind, dimension=32)
    assert read is not None
    random = np.random.default_rng(0)
    for position in random.integers(len(whole), size=150).tolist():
        data = bytearray(whole)
        data[position] ^= 1 << random.integers(8)
        damaged.write_bytes(data)
        if make(32).load(damaged) is not None:  # only the padding between two arrays may be damaged
            again = snapshot.read(damaged, kind, dimension=32)
            assert again is not None
            assert all((again.arrays[name] == array).all() for name, array in read.arrays.items()), position
    for cut in (len(whole) - 1, len(whole) // 2, 4_096, 7):
        damaged.write_bytes(whole[:cut])
        assert make(32).load(damaged) is None
    for other in (whole[:8_192] + bytes(4_096) + whole[12_288:], whole + b"\0"):
        damaged.write_bytes(other)
        assert make(32).load(damaged) is None


WRITER = """
import sys
from pathlib import Path
import numpy as np
from shelflens.vectors.exact import ExactIndex
index = ExactIndex(64)
for version in range(1, 10_000):
    vectors = np.full((2_000, 64), 0.125, np.float32)
    index.put(np.arange(version * 2_000, version * 2_000 + 2_000) % 20_000 + 1, vectors)
    index.save(Path(sys.argv[1]), version=version)
    print(version, flush=True)
"""


def test_a_killed_writer_leaves_the_old_snapshot_or_the_new_one(tmp_path: Path) -> None:
    path, random = tmp_path / "index", np.random.default_rng(0)
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.uniform(0, 0.1))
        writer.kill()
        done = 1 + len(writer.stdout.readlines())
        writer.wait()
        writer.stdout.close()
        assert ExactIndex(64).load(path) in (done, done + 1)


def test_a_full_disk_leaves_the_old_snapshot(draw: Draw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "index"
    index = filled(ExactIndex, draw)
    index.save(path, version=1)

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            index.save(path, version=2)
    assert ExactIndex(32).load(path) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["index"]

"""A worker's process without Ray: what it reads where it is, and what must be sent to it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cluster.errands import Measured, Measuring

from shelflens.cluster.luggage import missing, pack
from shelflens.cluster.station import ABSENT, Parcel, Station
from shelflens.embed.bundled import MODELS
from shelflens.embed.loading import load_embedder
from shelflens.embed.needed import needed_files
from shelflens.errors import ModelError, SpaceError
from shelflens.feed.base import FilePhoto
from shelflens.indexing.kit import Sent
from shelflens.indexing.reembedder import Again, Reembedding
from shelflens.indexing.work import NeededFile
from shelflens.picture import FetchPolicy, Limits, digest
from shelflens.types import Photo


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A shop's own model; its network is lite0's."""
    (tmp_path / "own").mkdir()
    shutil.copy(MODELS / "lite0.onnx", tmp_path / "own" / "model.onnx")
    shutil.copy(MODELS / "lite0.json", tmp_path / "own" / "manifest.json")
    return tmp_path / "own" / "model.onnx"


def sent(model: Path) -> Sent:
    embedder = load_embedder(f"onnx:{model}", threads=1)
    name = embedder.manifest.name
    files = tuple(NeededFile(path, sha256) for path, sha256 in needed_files(name))
    return Sent(name, embedder.manifest.space, Limits(), FetchPolicy(), files)


def test_a_file_that_is_not_there_is_absent_and_one_of_another_length_is_another(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"12345")
    station = Station()
    station.begin(Measuring())
    here, gone = Measured(FilePhoto(photo)), Measured(FilePhoto(tmp_path / "b.jpg"))
    parcels = [Parcel(here, length=5), Parcel(here, length=4), Parcel(here), Parcel(gone), Parcel(gone, data=b"123")]
    assert station.work(parcels) == [5, ABSENT, 5, ABSENT, 3]


def test_what_the_embedder_lacks_is_named_with_its_digest(model: Path) -> None:
    files = {path.name: sha256 for path, sha256 in needed_files(f"located:auto,onnx:{model}")}
    assert files == {name: digest((model.parent / name).read_bytes()) for name in ("model.onnx", "manifest.json")}
    assert needed_files("lite0") == () == needed_files("located:auto,hub:clip-base")


def test_a_model_that_a_node_lacks_is_sent_and_gives_the_same_vectors(
    model: Path, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
    job, path = Reembedding(sent(model)), shop / "p0" / "0.jpg"
    parcel = Parcel(Again(Photo(digest(path.read_bytes()), "p0", str(path), 320, 300)))
    near = Station()
    assert near.begin(job) == ()
    (expected,) = near.work([parcel])
    luggage = pack(job.files)
    shutil.rmtree(model.parent)  # as on another machine
    far = Station()
    assert far.begin(job) == job.files
    assert far.begin(job, luggage) == ()
    (vector,) = far.work([parcel])
    assert np.array_equal(vector, expected)
    assert Station().begin(job, {}) == ()  # the next worker finds what the first has kept


def test_another_file_in_the_place_of_a_model_is_not_taken_for_it(model: Path) -> None:
    job = Reembedding(sent(model))
    model.write_bytes(b"another")
    assert [one.path.name for one in missing(job.files)] == ["model.onnx"]
    with pytest.raises(ModelError, match=r"model\.onnx: has changed"):
        pack(job.files)


def test_a_model_of_another_space_is_refused() -> None:
    with pytest.raises(SpaceError, match="install the same shelflens"):
        Station().begin(Reembedding(Sent("lite0", "0" * 12, Limits(), FetchPolicy())))


def test_a_photo_whose_bytes_are_others_gets_no_vector(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    station = Station()
    space = load_embedder("lite0", threads=1).manifest.space
    station.begin(Reembedding(Sent("lite0", space, Limits(), FetchPolicy())))
    (row,) = station.work([Parcel(Again(Photo("0" * 64, "p", str(tmp_path / "a.png"), 64, 64)))])
    assert "has changed since it was indexed" in row.reason

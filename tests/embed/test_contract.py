"""What the protocol promises, for every implementation."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens import plug
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.embed.onnx import manifest_template
from shelflens.errors import ModelError
from shelflens.manifest import Pooling

BUNDLED = ("lite0", "lite0-fp32", "lite2", "joined:lite0,lite2", "located:plain,lite0")
CLASSICAL = ("bovw:sift",)  # ORB finds nothing in the smooth pictures used here
OWN: dict[str, Pooling] = {
    "onnx-none": "none",
    "onnx-cls": "cls",
    "onnx-mean": "mean",
}  # hub models are the same class, see test_hub.py


@pytest.fixture(params=[*BUNDLED, *CLASSICAL, *OWN])
def embedder(request: pytest.FixtureRequest, tmp_path: Path, write_network: Callable[..., Path]) -> Embedder:
    name: str = request.param
    if name in CLASSICAL:
        pytest.importorskip("cv2", reason="bags of visual words need shelflens[evidence]")
    if name in (*BUNDLED, *CLASSICAL):
        return load_embedder(name, threads=1)
    pooling = OWN[name]
    model = write_network(tmp_path / "own.onnx", tokens=pooling != "none")
    manifest = dataclasses.replace(manifest_template(model), pooling=pooling)
    (tmp_path / "own.json").write_text(manifest.to_json(), encoding="utf-8")
    return load_embedder(f"onnx:{model}", threads=1)


def test_rows_are_unit_vectors_of_the_manifests_dimension(embedder: Embedder, pictures: list[Image.Image]) -> None:
    vectors = embedder.embed(pictures)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(pictures), embedder.manifest.dimension)
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=1e-6)


def test_no_pictures_give_no_rows(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.manifest.dimension)


def test_order_is_kept_and_no_picture_changes_anothers_vector(embedder: Embedder, pictures: list[Image.Image]) -> None:
    together = embedder.embed(pictures)
    alone = np.concatenate([embedder.embed([picture]) for picture in pictures])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(embedder.embed(pictures[::-1]), together[::-1])


def test_equal_pictures_give_equal_vectors_and_others_do_not(embedder: Embedder, pictures: list[Image.Image]) -> None:
    vectors = embedder.embed(pictures)
    np.testing.assert_array_equal(vectors[0], vectors[-1])
    assert len(np.unique(vectors, axis=0)) == len(pictures) - 1


def test_eight_threads_give_what_one_gives(embedder: Embedder, pictures: list[Image.Image]) -> None:
    alone = embedder.embed(pictures)
    with ThreadPoolExecutor(8) as threads:
        for vectors in threads.map(embedder.embed, [pictures] * 16):
            np.testing.assert_array_equal(vectors, alone)


def test_black_and_white_pictures_have_finite_unit_vectors(embedder: Embedder) -> None:
    plain = [Image.new("RGB", (40, 40), colour) for colour in ("black", "white")]
    np.testing.assert_allclose(np.linalg.norm(embedder.embed(plain), axis=1), 1, atol=1e-6)


def test_pictures_are_left_as_they_were(embedder: Embedder, pictures: list[Image.Image]) -> None:
    before = [picture.tobytes() for picture in pictures]
    embedder.embed(pictures)
    assert [picture.tobytes() for picture in pictures] == before


def test_space_survives_being_loaded_again(tmp_path: Path) -> None:
    for name in BUNDLED:
        assert load_embedder(name).manifest.space == load_embedder(name, threads=2).manifest.space
    assert len({load_embedder(name).manifest.space for name in BUNDLED}) == len(BUNDLED)


def test_contract_covers_every_built_in_embedder() -> None:
    covered = {name.partition(":")[0] for name in (*BUNDLED, *CLASSICAL)}
    assert set(plug.BUILT_IN["embedders"]) == {*covered, "onnx", "hub"}


def test_a_joined_cosine_is_the_mean_of_the_parts_cosines(pictures: list[Image.Image]) -> None:
    parts = [load_embedder(name, threads=1).embed(pictures) for name in ("lite0", "lite2")]
    joined = load_embedder("joined:lite0,lite2", threads=1).embed(pictures)
    np.testing.assert_allclose(joined @ joined.T, np.mean([part @ part.T for part in parts], axis=0), atol=1e-6)


@pytest.mark.parametrize("reference", ["", "lite0", "lite0,lite0"])
def test_joining_needs_two_different_embedders(reference: str) -> None:
    with pytest.raises(ModelError, match="as in joined:lite0,lite2"):
        load_embedder(f"joined:{reference}")

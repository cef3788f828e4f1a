"""A small real catalogue, and a second model that is plainly worse than the first or as good."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import shelflens
from shelflens.assemble import Catalogue
from shelflens.embed.bundled import MODELS
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest
from shelflens.types import Preprocessing


@pytest.fixture
def catalogue(shop: Path, tmp_path: Path) -> Iterator[Catalogue]:
    """Eight products, of each the photos 0 and 1; photo 2 is left for queries."""
    table = tmp_path / "shop.csv"
    rows = [f"{shop}/p{product}/{number}.jpg,p{product}" for product in range(8) for number in range(2)]
    table.write_text("photo,product_id\n" + "\n".join(rows) + "\n")
    with shelflens.open(tmp_path / "shop.lens", create=True, model="lite0") as opened:
        opened.index(table)
        yield opened


@pytest.fixture
def queries(shop: Path, tmp_path: Path) -> Path:
    """Photo 2 of each product."""
    table = tmp_path / "queries.csv"
    table.write_text("photo,product_id\n" + "".join(f"{shop}/p{product}/2.jpg,p{product}\n" for product in range(8)))
    return table


@pytest.fixture(scope="session")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that sees nothing but the brightness of the whole picture."""
    folder = tmp_path_factory.mktemp("blind")
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels"], ["mean"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
            helper.make_node("Concat", ["column", "column"], ["both"], axis=1),
            helper.make_node("Add", ["both", "offset"], ["embedding"]),
        ],
        "blind",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["B", 3, 32, 32])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", 2])],
        [
            onnx.numpy_helper.from_array(np.array([1], np.int64), "one"),
            onnx.numpy_helper.from_array(np.array([[1, 0]], np.float32), "offset"),
        ],
    )
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]), path)
    manifest = ModelManifest("blind", digest([path]), 2, Preprocessing(size=32), "Apache-2.0")
    path.with_suffix(".json").write_text(manifest.to_json())
    return folder


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A model folder as `shelflens train` leaves it: lite0-fp32 under another name."""
    folder = tmp_path / "trained"
    folder.mkdir()
    (folder / "model.onnx").write_bytes((MODELS / "lite0-fp32.onnx").read_bytes())
    manifest = dataclasses.replace(ModelManifest.read(MODELS / "lite0-fp32.json"), name="trained")
    (folder / "model.json").write_text(manifest.to_json())
    (folder / "training.json").write_text("{}")
    return folder

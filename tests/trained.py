"""Small real classifiers: a bundled network with a logistic regression on its vectors, joined into one ONNX file."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from sklearn.linear_model import LogisticRegression

from shelflens.classify.labels import Group, Labels
from shelflens.embed.bundled import MODELS
from shelflens.embed.loading import load_embedder
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest

SCALE = 12.0  # of the unit vectors, so that the regression need not be endlessly steep


def train_model(
    folder: Path,
    pictures: Sequence[Image.Image],
    truths: Sequence[str],
    *,
    target: str = "product_id",
    groups: Mapping[str, Mapping[str, str]] | None = None,
    temperature: float = 1.0,
) -> Path:
    """Writes a model folder as `shelflens train` does; `groups` is column -> label -> value."""
    vectors = load_embedder("lite0").embed(pictures)
    model = LogisticRegression(C=1.0, max_iter=500).fit(SCALE * vectors, truths)
    names = tuple(str(name) for name in model.classes_)
    weight, bias = model.coef_, model.intercept_
    if len(names) == 2:  # scikit-learn keeps one row for two classes
        weight, bias = np.vstack([-weight, weight]) / 2, np.hstack([-bias, bias]) / 2
    labels = Labels(
        target,
        names,
        tuple(Group(column, tuple(of[name] for name in names)) for column, of in (groups or {}).items()),
        temperature,
    )
    folder.mkdir(parents=True)
    for source, name in (("lite0", "model.int8"), ("lite0-fp32", "model")):
        join_head(MODELS / f"{source}.onnx", folder / f"{name}.onnx", SCALE * weight, bias)
        manifest = dataclasses.replace(
            ModelManifest.read(MODELS / f"{source}.json"), name=folder.name, sha256=digest([folder / f"{name}.onnx"])
        )
        (folder / f"{name}.json").write_text(manifest.to_json(), encoding="utf-8")
    (folder / "labels.json").write_text(labels.to_json(), encoding="utf-8")
    (folder / "training.json").write_text(json.dumps({"history": []}), encoding="utf-8")
    return folder


def join_head(body: Path, out: Path, weight: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
    """Adds the output `logits`: weight (classes, dim) and bias (classes,) on the unit vector."""
    model = onnx.load(body)
    values = {"head_weight": weight.T, "head_bias": bias}
    model.graph.initializer.extend(
        numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()
    )
    model.graph.node.extend(
        [
            helper.make_node("LpNormalization", ["embedding"], ["unit"], axis=1, p=2),
            helper.make_node("Gemm", ["unit", "head_weight", "head_bias"], ["logits"]),
        ]
    )
    model.graph.output.append(helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", len(bias)]))
    onnx.save(model, out)

"""A file of another framework to a model folder, whole or not at all."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import onnx

from shelflens.classify.folder import LABELS
from shelflens.classify.labels import Labels
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest, Pooling
from shelflens.network.weights import digest
from shelflens.train.importing import graph
from shelflens.train.importing.base import Answer, Foreign, Layout
from shelflens.train.importing.graph import Tail
from shelflens.train.importing.kinds import reader_of
from shelflens.train.importing.parity import Agreement, are_probabilities, check, drawn, originals
from shelflens.train.importing.preparing import Preparation, preprocessing
from shelflens.types import Preprocessing

#: What becomes the vector: what goes into the last dense layer, or the network's answer.
Embedding = Literal["before-classes", "answer"]


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a user asks for."""

    file: Path
    out: Path
    preparation: Preparation
    labels: Labels | None = None  # of a classifier
    embedding: Embedding | None = None  # None: before the classes of a classifier, else the answer
    size: int | None = None  # pixels; None: as the file says
    fit: Preprocessing = field(default_factory=lambda: Preprocessing(fit="squash", resample="bilinear"))
    pooling: Pooling = "none"  # of an answer (B, tokens, dimension)
    licence: str = "unknown"


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written."""

    out: Path
    kind: str  # "Keras", "TorchScript", ...
    runtime: str  # that it was compared with
    manifest: ModelManifest
    classes: int  # 0: it only embeds
    agreement: Agreement


def import_model(request: ImportRequest) -> Imported:
    """Writes model.onnx, model.json and, for a classifier, labels.json. Raises ModelError."""
    if request.out.exists():
        raise ModelError(f"{request.out} is there already; take it away, or give another --out")
    kind, read = reader_of(request.file)
    foreign = read(request.file, request.size)
    size = _side(foreign)
    its = preprocessing(request.preparation, size=size, fit=request.fit)
    bgr = request.preparation.bgr
    pictures = drawn(its)
    expected = originals(foreign, pictures, bgr=bgr)
    model = graph.prepared(foreign, size=size, bgr=bgr)
    tail = graph.tail_of(model)
    if request.labels:
        _check_classes(request, tail, expected)
    vector = _vector(request, tail, expected)
    shape = graph.shapes(model, [vector])[vector]
    pooling = _pooling(request, vector, tail, shape)
    # Where a framework keeps channels last, so does its answer; inside, ONNX has them first.
    pool: Layout | None = None if len(shape) < 4 else foreign.layout if vector == tail.answer else "NCHW"
    model = graph.served(
        model,
        vector=vector,
        pool=pool,
        flat=pooling == "none",
        logits=tail.logits if request.labels else None,
        end=tail.end,
        probabilities=tail.end == "none" and are_probabilities(expected),
        classes=len(request.labels.names) if request.labels else 0,
    )
    agreement = check(model, tail.answer, tail.end, pictures, expected)
    model = graph.without_own_output(model, tail.answer)
    onnx.checker.check_model(model)
    work = request.out.with_name(f"{request.out.name}.work")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "model.onnx").write_bytes(model.SerializeToString(deterministic=True))
    manifest = ModelManifest(
        name=request.out.name,
        sha256=digest([work / "model.onnx"]),
        dimension=shape[1] if pool == "NCHW" else shape[-1],
        preprocessing=its,
        licence=request.licence,
        pooling=pooling,
        source=f"imported from {request.file.name} ({kind}, {foreign.runtime})",
    )
    (work / "model.json").write_text(manifest.to_json() + "\n", encoding="utf-8")
    if request.labels:
        (work / LABELS).write_text(request.labels.to_json() + "\n", encoding="utf-8")
    _open(work, classifies=request.labels is not None)
    work.rename(request.out)
    classes = len(request.labels.names) if request.labels else 0
    return Imported(request.out, kind, foreign.runtime, manifest, classes, agreement)


def _open(folder: Path, *, classifies: bool) -> None:
    """As serving will: digest, tensors and one run are checked."""
    from shelflens.classify.loading import load_classifier
    from shelflens.embed.loading import load_embedder

    load_embedder(f"onnx:{folder / 'model.onnx'}", threads=1)
    if classifies:
        load_classifier(str(folder), threads=1)


def _side(foreign: Foreign) -> int:
    """Pixels, from the graph's input."""
    sides = [side.dim_value for side in foreign.model.graph.input[0].type.tensor_type.shape.dim]
    return int(sides[1] if foreign.layout == "NHWC" else sides[2])


def _check_classes(request: ImportRequest, tail: Tail, expected: list[Answer]) -> None:
    assert request.labels
    names, found = len(request.labels.names), expected[0].size
    if tail.end == "sigmoid" and found == 1:
        if names != 2:
            raise ModelError(f"the network answers yes or no; give two labels, no first, not {names}")
        return
    if tail.end == "sigmoid":
        raise ModelError(
            f"the network says yes or no to each of {found} classes; a classifier here chooses one. Import it as an "
            "embedder: without --labels, with --embedding before-classes"
        )
    if found != names:
        raise ModelError(f"the network has {found} outputs, but {names} labels were given; they must be its classes")


def _vector(request: ImportRequest, tail: Tail, expected: list[Answer]) -> str:
    """The tensor that becomes the embedding."""
    wanted = request.embedding or ("before-classes" if request.labels else "answer")
    if wanted == "answer":
        if request.embedding is None and (tail.end != "none" or are_probabilities(expected)):
            raise ModelError(
                f"the network answers with probabilities of {expected[0].size} classes: give their names (--labels "
                "FILE), or take the vector before them (--embedding before-classes)"
            )
        return tail.answer
    if tail.vector is None:
        raise ModelError(
            "the network does not end in a dense layer, so there is no vector before its classes; with --embedding "
            "answer its answer is the vector"
        )
    return tail.vector


def _pooling(request: ImportRequest, vector: str, tail: Tail, shape: tuple[int, ...]) -> Pooling:
    if len(shape) == 3 and vector == tail.answer:
        if request.pooling == "none":
            raise ModelError(
                f"the network answers with {shape[1]} tokens of {shape[2]} numbers; say how they become one vector: "
                "--pooling cls (the first) or --pooling mean"
            )
        return request.pooling
    if request.pooling != "none":
        raise ModelError(f"--pooling is for networks that answer with tokens; this one gives {shape}")
    return "none"

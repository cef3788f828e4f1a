"""A model's passport: what it is, what it takes, what it gives. Its digest names the space of its vectors."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from shelflens.errors import ModelError
from shelflens.types import Preprocessing

FORMAT = 1

#: How the output becomes one vector: it is one already; its first token; the mean of its tokens.
Pooling: TypeAlias = Literal["none", "cls", "mean"]

_LOCATED = "located:"


def located_name(locator: str, model: str) -> str:
    """What a model is called that sees only what a locator finds: "located:auto,lite0"."""
    return f"{_LOCATED}{locator},{model}"


def split_name(name: str) -> tuple[str, str]:
    """Locator and model: ("auto", "lite0") of "located:auto,lite0", and ("whole", "lite0") of "lite0"."""
    if not name.startswith(_LOCATED):
        return "whole", name
    locator, _, model = name.removeprefix(_LOCATED).partition(",")
    return locator, model


@dataclass(frozen=True, slots=True)
class ModelManifest:
    """Names one embedding model for good.

    `space` depends on what changes a vector (weights, outputs, preprocessing) and on nothing else.
    """

    name: str  # what people call it: "lite0", "onnx:my.onnx"
    sha256: str  # of the weights file, hex
    dimension: int
    preprocessing: Preprocessing
    licence: str  # SPDX where there is one
    input: str = "pixels"  # the graph's input, (B, 3, H, W) float32
    output: str = "embedding"  # the graph's output, (B, dimension) float32; (B, tokens, dimension) when pooled
    pooling: Pooling = "none"
    source: str = ""  # where the weights came from
    paper: str = ""

    @property
    def space(self) -> str:
        """12 hex digits; equal exactly when vectors may be compared."""
        what = [FORMAT, self.sha256, self.dimension, self.output, self.pooling, dataclasses.astuple(self.preprocessing)]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:12]

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, where: str) -> ModelManifest:
        """Raises ModelError that names the field at fault; `where` is the file for the message."""
        try:
            data: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise ModelError(f"{where}: not JSON ({error})") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ModelError(f'{where}: "format" must be {FORMAT}; this is another version or not a manifest')
        data.pop("format")
        fields = {f.name: f for f in dataclasses.fields(cls)}
        if unknown := sorted(set(data) - set(fields)):
            raise ModelError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(fields)}")
        required = [n for n, f in fields.items() if f.default is dataclasses.MISSING]
        if missing := [n for n in required if n not in data]:
            raise ModelError(f"{where}: field {missing[0]!r} is missing")
        data["preprocessing"] = _preprocessing(data["preprocessing"], where=where)
        manifest = cls(**data)
        if not isinstance(manifest.dimension, int) or not 1 <= manifest.dimension <= 65_536:
            raise ModelError(f'{where}: "dimension" must be a whole number from 1 to 65536, not {manifest.dimension!r}')
        if manifest.pooling not in get_args(Pooling):
            raise ModelError(f'{where}: "pooling" must be {", ".join(get_args(Pooling))}, not {manifest.pooling!r}')
        return manifest

    @classmethod
    def read(cls, path: Path) -> ModelManifest:
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ModelError(f"{path}: no manifest can be read there ({error.strerror})") from None
        return cls.from_json(text, where=str(path))


def _preprocessing(data: object, *, where: str) -> Preprocessing:
    known = {f.name for f in dataclasses.fields(Preprocessing)}
    if not isinstance(data, dict):
        raise ModelError(f'{where}: "preprocessing" must be an object with fields among {", ".join(sorted(known))}')
    if unknown := sorted(set(data) - known):
        raise ModelError(f"{where}: unknown preprocessing field {unknown[0]!r}; known are {', '.join(sorted(known))}")
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    preprocessing = Preprocessing(**values)
    if not (isinstance(preprocessing.size, int) and 16 <= preprocessing.size <= 2048):
        raise ModelError(f"{where}: preprocessing size must be from 16 to 2048 pixels, not {preprocessing.size!r}")
    if preprocessing.fit not in ("squash", "crop", "pad"):
        raise ModelError(f"{where}: preprocessing fit must be squash, crop or pad, not {preprocessing.fit!r}")
    if preprocessing.resample not in ("bicubic", "bilinear", "lanczos"):
        raise ModelError(f"{where}: preprocessing resample must be bicubic, bilinear or lanczos")
    oversampling = preprocessing.oversampling
    if not (isinstance(oversampling, int | float) and 1 <= oversampling <= 16):
        raise ModelError(f"{where}: preprocessing oversampling must be a number from 1 to 16, not {oversampling!r}")
    for name in ("mean", "std"):
        triple = getattr(preprocessing, name)
        if not (isinstance(triple, tuple) and len(triple) == 3 and all(isinstance(x, int | float) for x in triple)):
            raise ModelError(f"{where}: preprocessing {name} must be three numbers, RGB, 0..255")
    if min(preprocessing.std) <= 0:
        raise ModelError(f"{where}: preprocessing std must be above 0")
    return preprocessing

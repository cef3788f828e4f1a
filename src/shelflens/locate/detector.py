"""A shop's own detector: any ONNX network that puts out boxes with scores, and a few lines of JSON beside it.

Two families are read. `yolo`: one output (1, 4 + classes, N) of centre, size and a score a class, as YOLOv8 and its
successors export it without suppression. `boxes`: outputs of boxes (N, 4) or (1, N, 4) with scores (N,), (1, N) or
(1, N, classes), as torchvision's detectors and exports of DETR's family give them. The most confident box is the main
body: overlapping boxes of the same thing need no suppression, because only the best of all is kept.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import ModelError
from shelflens.locate.base import NOTHING, Located, Look
from shelflens.network.session import UNUSABLE, open_session
from shelflens.network.weights import digest, weight_files
from shelflens.picture.pixels import pixels
from shelflens.types import Box, Preprocessing

Floats: TypeAlias = NDArray[np.float32]
Family: TypeAlias = Literal["yolo", "boxes"]
Corners: TypeAlias = Literal["corners", "centre"]
Unit: TypeAlias = Literal["pixels", "fractions"]


@dataclass(frozen=True, slots=True)
class DetectorManifest:
    """What the network's graph does not tell. The picture is fitted into a square and padded with `fill`."""

    family: Family
    size: int = 640  # of the input square, pixels
    input: str = "images"  # (1, 3, size, size) float32, RGB
    boxes: str = "output0"  # the output; of family "yolo" it holds the scores, too
    scores: str = ""  # the output of family "boxes"
    corners: Corners = "centre"  # left, top, right, bottom; or centre x, centre y, width, height
    unit: Unit = "pixels"  # of the input square
    logits: bool = False  # scores want a sigmoid
    least: float = 0.25  # score below which nothing was found
    classes: tuple[int, ...] = ()  # that count, by number; empty: all
    fill: float = 114.0  # 0..255, beside the picture
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)  # RGB, 0..255
    std: tuple[float, float, float] = (255.0, 255.0, 255.0)

    @classmethod
    def read(cls, path: Path) -> DetectorManifest:
        """Raises ModelError that names the field at fault."""
        try:
            data: Any = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ModelError(
                f"{path}: no manifest can be read there ({error.strerror}); for a YOLO export it is "
                '{"family": "yolo", "size": 640}'
            ) from None
        except ValueError as error:
            raise ModelError(f"{path}: not JSON ({error})") from None
        known = {field.name: field for field in dataclasses.fields(cls)}
        if not isinstance(data, dict) or "family" not in data:
            raise ModelError(f'{path}: must be an object with "family", which is {" or ".join(get_args(Family))}')
        if unknown := sorted(set(data) - set(known)):
            raise ModelError(f"{path}: unknown field {unknown[0]!r}; known are {', '.join(known)}")
        settings: dict[str, Any] = {n: tuple(value) if isinstance(value, list) else value for n, value in data.items()}
        manifest = cls(**settings)
        for name, values in (("family", Family), ("corners", Corners), ("unit", Unit)):
            if getattr(manifest, name) not in get_args(values):
                raise ModelError(
                    f"{path}: {name} must be {' or '.join(get_args(values))}, not {getattr(manifest, name)!r}"
                )
        if not (isinstance(manifest.size, int) and 32 <= manifest.size <= 2048):
            raise ModelError(f"{path}: size must be from 32 to 2048 pixels, not {manifest.size!r}")
        if manifest.family == "boxes" and not manifest.scores:
            raise ModelError(f'{path}: family "boxes" needs the name of the output "scores"')
        return manifest


class DetectorLocator:
    """A Locator. Opening runs the network once, on grey (ModelError)."""

    def __init__(self, model: Path, manifest: DetectorManifest) -> None:
        self.name = f"detector:{model}"
        self.identity = f"detector 1 {digest(weight_files(model))} {dataclasses.astuple(manifest)}"
        self._model, self._manifest = model, manifest
        self._session = open_session(model, threads=1)
        inputs = {tensor.name for tensor in self._session.get_inputs()}
        outputs = {tensor.name for tensor in self._session.get_outputs()}
        wanted = {manifest.boxes, manifest.scores} - {""}
        if inputs != {manifest.input} or not wanted <= outputs:
            raise ModelError(
                f"{model}: takes {', '.join(sorted(inputs))} and gives {', '.join(sorted(outputs))}; the manifest says "
                f"{manifest.input} and {', '.join(sorted(wanted))}"
            )
        fill = (manifest.fill,) * 3
        self._paddings = Preprocessing(
            size=manifest.size, fit="pad", crop_share=1.0, resample="bilinear", mean=fill, std=(1, 1, 1)
        )
        self.locate(Image.new("RGB", (manifest.size, manifest.size), (127, 127, 127)))

    def locate(self, picture: Image.Image) -> Located:
        boxes, scores = self._found(picture)
        if not len(scores) or scores.max() < self._manifest.least:
            return NOTHING
        best = int(scores.argmax())  # the first of equals
        box = _on_picture(boxes[best], picture.size, self._manifest.size)
        return Located(box, min(1.0, float(scores[best]))) if box else NOTHING

    def _found(self, picture: Image.Image) -> tuple[Floats, Floats]:
        """(N, 4) corners in pixels of the input square, and (N,) scores, 0..1."""
        manifest = self._manifest
        tensor = pixels(picture, self._paddings) + np.float32(manifest.fill)
        tensor = (tensor - _per_channel(manifest.mean)) / _per_channel(manifest.std)
        names = [manifest.boxes] if manifest.family == "yolo" else [manifest.boxes, manifest.scores]
        try:
            outputs = [np.asarray(one, np.float32) for one in self._session.run(names, {manifest.input: tensor[None]})]
        except UNUSABLE as error:
            raise ModelError(f"{self._model}: does not run on a {manifest.size}-pixel square: {error}") from None
        boxes, scores = self._split(outputs)
        if manifest.logits:
            scores = np.asarray(1 / (1 + np.exp(-np.clip(scores, -60, 60))), np.float32)
        if manifest.classes:
            if scores.shape[1] <= max(manifest.classes):
                raise ModelError(f"{self._model}: has {scores.shape[1]} classes; the manifest asks for more")
            scores = scores[:, list(manifest.classes)]
        if manifest.unit == "fractions":
            boxes = boxes * np.float32(manifest.size)
        if manifest.corners == "centre":
            middle, half = boxes[:, :2], boxes[:, 2:] / 2
            boxes = np.concatenate([middle - half, middle + half], axis=1)
        sound = np.isfinite(boxes).all(axis=1) & np.isfinite(scores).all(axis=1)
        best: Floats = scores[sound].max(axis=1) if sound.any() else np.empty(0, np.float32)
        return boxes[sound], best

    def _split(self, outputs: list[Floats]) -> tuple[Floats, Floats]:
        """(N, 4) boxes and (N, classes) scores, as the network gives them."""
        flat = [one[0] if one.ndim == 3 and one.shape[0] == 1 else one for one in outputs]
        if self._manifest.family == "yolo":
            if flat[0].ndim != 2 or flat[0].shape[0] < 5:
                raise ModelError(f"{self._model}: output has shape {outputs[0].shape}, not (1, 4 + classes, N)")
            return flat[0][:4].T, flat[0][4:].T
        boxes, scores = flat[0], flat[1]
        if boxes.ndim != 2 or boxes.shape[1] != 4 or scores.size % max(len(boxes), 1):
            raise ModelError(
                f"{self._model}: boxes have shape {outputs[0].shape} and scores {outputs[1].shape}, not (N, 4) and "
                "(N,), (1, N) or (1, N, classes)"
            )
        return boxes, scores.reshape(len(boxes), -1)


def from_path(reference: str, _look: Look | None) -> DetectorLocator:
    """`detector:PATH`: the network at PATH with its manifest beside it, `PATH` with suffix .json."""
    if not reference:
        raise ModelError("detector: needs the path of a network, as in detector:models/goods.onnx")
    model = Path(reference).expanduser().resolve()
    weight_files(model)
    return DetectorLocator(model, DetectorManifest.read(model.with_suffix(".json")))


def _per_channel(triple: tuple[float, float, float]) -> Floats:
    return np.asarray(triple, np.float32)[:, None, None]


def _on_picture(corners: Floats, size: tuple[int, int], square: int) -> Box | None:
    """From the padded square to fractions of the picture; None when nothing of the box is in the picture."""
    width, height = size
    scale = square / max(width, height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    offsets = ((square - inner[0]) // 2, (square - inner[1]) // 2)
    x = [min(max((float(corners[at]) - offsets[0]) / inner[0], 0.0), 1.0) for at in (0, 2)]
    y = [min(max((float(corners[at]) - offsets[1]) / inner[1], 0.0), 1.0) for at in (1, 3)]
    return Box(x[0], y[0], x[1], y[1]) if x[0] < x[1] and y[0] < y[1] else None

"""Reads the lines printed in a picture: PP-OCRv6 small, whose weights lie in the rapidocr package, in ONNX Runtime.

Only rapidocr's two weight files are used: its own code pads every word to 320 pixels (three times the work on labels),
sets up a logger when imported, and has no bound on time. The tests compare the two.

Detection: Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020. Recognition: CTC
over the dictionary that the weights carry (Graves et al., ICML 2006), greedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import ShelflensError
from shelflens.text.lines import PrintedLine
from shelflens.types import Box

Pixels: TypeAlias = NDArray[np.uint8]  # (H, W, 3), blue, green, red: what the networks were trained on

_DETECTION, _RECOGNITION = "PP-OCRv6_det_small", "PP-OCRv6_rec_small"
MODEL = "ppocrv6-small"  # part of the name of every description; to be changed with the weights

_CROP_SIDE = 1600  # lines are cut from a picture whose long side has at most that many pixels
_GRID = 32  # detection halves the picture five times
_TEXT = 0.3  # probability from which a pixel belongs to text: the reference's `thresh`
_REGION = 0.5  # mean probability from which a region is text: the reference's `box_thresh`
_REGIONS = 1000  # looked at in one picture: the reference's `max_candidates`
_UNCLIP = 1.6  # regions are trained shrunk; their border moves out by area * 1.6 / perimeter (equation 10)
_SMALLEST = 3  # pixels of detection; what is thinner is no text
_HEIGHT = 48  # of a line, pixels, as recognition was trained
_STANDING = 1.5  # a region that much taller than wide is a line that runs downwards


@dataclass(frozen=True, slots=True)
class Reading:
    """How thoroughly a picture is read. Milliseconds are those of one core of a Zen 4 server."""

    side: int = 640  # the long side for detection, pixels, also of smaller pictures: 640 takes 250-450 ms, 480 150-250
    enlarge: float = 4.0  # smaller pictures are not enlarged by more than that
    width: int = 6000  # pixels of 48-pixel lines that are read, largest letters first: 0.07 ms each, 0.4 s at most
    confidence: float = 0.3  # lines below are dropped
    turn: float = 0.95  # lines below are read upside down too, and the better is kept; 0: never

    def __str__(self) -> str:
        """Part of the name of every description."""
        return f"{self.side}-{self.enlarge:g}-{self.width}-{self.confidence:g}-{self.turn:g}"


class LineReader:
    """Pictures in, lines out, top to bottom; deterministic, one thread a call, callable from several threads."""

    def __init__(self, reading: Reading | None = None) -> None:
        self.reading = reading or Reading()
        self._cv2 = _import_cv2()
        folder = _weights_folder()
        self._detection = _session(folder / f"{_DETECTION}.onnx")
        self._recognition = _session(folder / f"{_RECOGNITION}.onnx")
        characters = self._recognition.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *characters, " "]  # 0 is CTC's blank

    def read(self, picture: Image.Image) -> tuple[PrintedLine, ...]:
        """The lines of an upright RGB picture."""
        pixels = _within(picture, _CROP_SIDE)
        height, width = pixels.shape[:2]
        lines = []
        budget = self.reading.width
        for corners in sorted(self._regions(pixels), key=_letter_height, reverse=True):
            line = self._straight(pixels, corners)
            budget -= line.shape[1]
            if budget < 0:
                break
            text, confidence = self._best(line)
            if text and confidence >= self.reading.confidence and (box := _box(corners, width, height)):
                lines.append(PrintedLine(text, confidence, box))
        return tuple(sorted(lines, key=lambda line: (line.box.top, line.box.left, line.text)))

    def _regions(self, pixels: Pixels) -> list[NDArray[np.float32]]:
        """The corners (4, 2) of every line, x and y in `pixels`; top left first, then clockwise."""
        cv2 = self._cv2
        height, width = pixels.shape[:2]
        scale = min(self.reading.side / max(height, width), self.reading.enlarge)
        rows, columns = (max(_GRID, round(extent * scale / _GRID) * _GRID) for extent in (height, width))
        shrinks = rows * columns < height * width
        resized = cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        (probability,) = self._detection.run(None, {"x": _tensor(resized)})
        text = probability[0, 0]  # (rows, columns)
        mask = cv2.dilate((text > _TEXT).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        found = []
        for contour in contours[:_REGIONS]:
            centre, (across, down), angle = cv2.minAreaRect(contour)
            if min(across, down) < _SMALLEST:
                continue
            if self._mean_inside(text, cv2.boxPoints((centre, (across, down), angle))) < _REGION:
                continue
            border = 2 * _UNCLIP * across * down / (2 * (across + down))
            corners = cv2.boxPoints((centre, (across + border, down + border), angle))
            corners *= np.array([width / columns, height / rows], np.float32)
            found.append(_clockwise(np.clip(corners, 0, [width - 1, height - 1]).astype(np.float32)))
        return found

    def _mean_inside(self, values: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
        rows, columns = values.shape
        left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, [columns - 1, rows - 1])
        right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, [columns - 1, rows - 1])
        mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
        self._cv2.fillPoly(mask, (corners - [left, top]).astype(np.int32)[None], 1)
        return float(self._cv2.mean(values[top : bottom + 1, left : right + 1], mask)[0])

    def _straight(self, pixels: Pixels, corners: NDArray[np.float32]) -> Pixels:
        """The line cut out, lying, 48 pixels high."""
        cv2 = self._cv2
        across, down = (max(1, int(extent)) for extent in _extents(corners))
        target = np.array([[0, 0], [across, 0], [across, down], [0, down]], np.float32)
        line = cv2.warpPerspective(
            pixels,
            cv2.getPerspectiveTransform(corners, target),
            (across, down),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        if down >= _STANDING * across:
            line = np.rot90(line)
        columns = max(1, round(_HEIGHT * line.shape[1] / line.shape[0]))
        resized: Pixels = cv2.resize(line, (columns, _HEIGHT), interpolation=cv2.INTER_LINEAR)
        return resized

    def _best(self, line: Pixels) -> tuple[str, float]:
        text, confidence = self._recognise(line)
        if confidence < self.reading.turn:
            turned, surer = self._recognise(np.ascontiguousarray(line[::-1, ::-1]))
            if surer > confidence:
                return turned, surer
        return text, confidence

    def _recognise(self, line: Pixels) -> tuple[str, float]:
        """Greedy CTC: the likeliest character of each step, repeats and blanks left out."""
        columns = line.shape[1]
        padded = np.zeros((1, 3, _HEIGHT, max(64, -(-(columns + 8) // 16) * 16)), np.float32)
        padded[..., :columns] = _tensor(line)
        (steps,) = self._recognition.run(None, {"x": padded})  # (1, T, 18710), probabilities
        best = steps[0].argmax(axis=1)
        new = best != 0
        new[1:] &= best[1:] != best[:-1]
        if not new.any():
            return "", 0.0
        text = "".join(self._characters[index] for index in best[new])
        return text.strip(), round(float(steps[0][new].max(axis=1).mean()), 4)


def _import_cv2() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise ShelflensError(f"reading labels needs OpenCV ({error}); pip install 'shelflens[evidence]'") from error
    return cv2


def _weights_folder() -> Path:
    """Found without importing rapidocr."""
    spec = find_spec("rapidocr")
    if spec is None or spec.origin is None:
        raise ShelflensError("reading labels needs rapidocr's weights; pip install 'shelflens[evidence]'")
    folder = Path(spec.origin).parent / "models"
    for name in (_DETECTION, _RECOGNITION):
        if not (folder / f"{name}.onnx").exists():
            raise ShelflensError(f"{folder}: no {name}.onnx; a rapidocr that carries PP-OCRv6 is needed (3.10)")
    return folder


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # requests run side by side
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # pictures of many sizes would pile up in it
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _within(picture: Image.Image, side: int) -> Pixels:
    """Blue, green, red; the long side at most `side`."""
    if max(picture.size) > side:
        share = side / max(picture.size)
        size = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
        picture = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"))[..., ::-1])


def _tensor(pixels: Pixels) -> NDArray[np.float32]:
    """(1, 3, H, W), -1..1."""
    tensor: NDArray[np.float32] = pixels.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(127.5) - 1
    return tensor


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Top left first: of the two leftmost corners the upper one."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _extents(corners: NDArray[np.float32]) -> tuple[float, float]:
    """Width and height, the longer of the opposite sides each."""
    top_left, top_right, bottom_right, bottom_left = corners
    norm = np.linalg.norm
    return (
        float(max(norm(top_left - top_right), norm(bottom_left - bottom_right))),
        float(max(norm(top_left - bottom_left), norm(top_right - bottom_right))),
    )


def _letter_height(corners: NDArray[np.float32]) -> float:
    return min(_extents(corners))


def _box(corners: NDArray[np.float32], width: int, height: int) -> Box | None:
    low, high = corners.min(axis=0), corners.max(axis=0)
    left, right = (round(min(1.0, float(x) / width), 4) for x in (low[0], high[0]))
    top, bottom = (round(min(1.0, float(y) / height), 4) for y in (low[1], high[1]))
    return Box(left, top, right, bottom) if left < right and top < bottom else None

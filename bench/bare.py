"""The bare model: what a good engineer would write in an afternoon. The yardstick of the other sections.

Needs NumPy, Pillow and ONNX Runtime only, so that the peers' environments can run it, too: where a peer takes
an embedding function, it is given this one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True, slots=True)
class Recipe:
    """A model file that ends in a pooled embedding, with a centre crop of its own."""

    path: Path
    size: int  # pixels
    crop_share: float
    mean: float  # 0..255, of all channels
    std: float


class BareModel:
    """File to unit vector, one photo at a time; `run` is the model alone. Safe to call from several threads."""

    def __init__(self, recipe: Recipe, *, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as shelflens does
        self.recipe = recipe
        self._session = ort.InferenceSession(str(recipe.path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def tensor(self, image: Image.Image) -> NDArray[np.float32]:
        """(3, size, size) of a picture of any mode."""
        recipe = self.recipe
        rgb = image.convert("RGB")
        side = min(rgb.size) * recipe.crop_share
        left, top = (rgb.width - side) / 2, (rgb.height - side) / 2
        box = (left, top, left + side, top + side)
        small = rgb.resize((recipe.size, recipe.size), Image.Resampling.BICUBIC, box=box)
        # Channels apart while still bytes: the arithmetic then runs along memory.
        values = np.ascontiguousarray(np.asarray(small).transpose(2, 0, 1)).astype(np.float32)
        values -= recipe.mean
        values /= recipe.std
        return values

    def open(self, data: bytes) -> NDArray[np.float32]:
        """(3, size, size) of a picture file, decoded at a smaller scale where JPEG allows it."""
        image = Image.open(BytesIO(data))
        needed = round(2 * self.recipe.size / self.recipe.crop_share)
        image.draft("RGB", (needed, needed))
        return self.tensor(image)

    def run(self, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, 3, size, size) to (B, dim), as the model gives them."""
        pooled: NDArray[np.float32] = self._session.run(None, {self._input: tensors})[0]
        return pooled

    def embed(self, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, 3, size, size) to (B, dim) unit rows."""
        pooled = self.run(tensors)
        unit: NDArray[np.float32] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def embed_file(self, path: Path) -> NDArray[np.float32]:
        """(dim,) unit."""
        row: NDArray[np.float32] = self.embed(self.open(path.read_bytes())[None])[0]
        return row


def embed_files(recipe: Recipe, paths: list[Path], *, workers: int) -> list[NDArray[np.float32]]:
    """The bare indexing run: each thread takes a photo from its file to its vector, which is kept in a list."""
    model = BareModel(recipe, threads=1)
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(model.embed_file, paths))

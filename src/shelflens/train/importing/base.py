"""What it takes to read a kind of file: the network as ONNX, and the original to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray

from shelflens.errors import ModelError

Layout: TypeAlias = Literal["NCHW", "NHWC"]
Pixels: TypeAlias = NDArray[np.float32]  # (1, 3, size, size), or (1, size, size, 3) where the layout is NHWC
Answer: TypeAlias = NDArray[np.float32]  # (1, ...), what the network puts out


@dataclass(frozen=True)
class Foreign:
    """A network of another framework."""

    model: onnx.ModelProto  # one input, in `layout`
    layout: Layout
    run: Callable[[Pixels], Answer]  # the original, in its own runtime
    runtime: str  # "keras 3.15.1", for people


class Reader(Protocol):
    """What a line of the table of kinds names."""

    def __call__(self, path: Path, size: int | None) -> Foreign:
        """`size` of the pictures, in pixels, where the file leaves it open. Raises ModelError."""
        ...


def side_of(path: Path, height: int | None, width: int | None, size: int | None) -> int:
    """Of the square pictures, in pixels: the network's, or the one asked for where it takes any (None). Raises
    ModelError."""
    if height != width:
        raise ModelError(f"{path}: takes pictures of {height} x {width}; squares are needed")
    if height is None and size is None:
        raise ModelError(f"{path}: does not say for which size of pictures it is; give --size, such as --size 224")
    if height is not None and size not in (None, height):
        raise ModelError(f"{path}: takes pictures of {height} pixels, not {size}; leave out --size")
    return int(height or size or 0)

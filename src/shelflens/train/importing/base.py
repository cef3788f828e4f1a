"""What it takes to read a kind of file: the network as ONNX, and the original to compare it with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray

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

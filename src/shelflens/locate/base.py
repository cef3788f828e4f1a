"""What it takes to be a locator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.errors import ModelError
from shelflens.types import Box

#: Of a square picture, the embedder's (dim, h, w) activations in cells that cover all of it; None: it tells none.
Look: TypeAlias = Callable[[Image.Image], NDArray[np.float32] | None]

WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Located:
    """The main body, and how sure the locator is of it."""

    box: Box
    confidence: float  # 0..1, comparable within one locator only; 0 with the whole picture: nothing was found


class Locator(Protocol):
    """Upright sRGB picture in, the box of its main body out; equal pictures give equal boxes, others have no say.

    Safe to call from several threads at once. A picture in which nothing is found is whole, with confidence 0.
    """

    @property
    def name(self) -> str:
        """What it is found again by: "plain", "detector:/models/goods.onnx"."""
        ...

    @property
    def identity(self) -> str:
        """Changes whenever boxes may; vectors of pictures that were located by two identities never meet."""
        ...

    def locate(self, picture: Image.Image, /) -> Located: ...


NOTHING: Final = Located(WHOLE, 0.0)


def refuse_reference(name: str, reference: str) -> None:
    """For locators that are named by one word. Raises ModelError for what stands after its colon."""
    if reference:
        raise ModelError(f"{name}:{reference} is not a locator; {name} takes nothing after a colon")

"""The main object, from where the embedder itself finds something. Nothing is trained.

SCDA: Wei, Luo, Wu and Zhou, "Selective convolutional descriptor aggregation for fine-grained image retrieval", TIP
2017: the activations summed over channels, above their mean, the largest connected region.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import Image

from shelflens.errors import ModelError
from shelflens.locate.base import NOTHING, Located, Look, refuse_reference
from shelflens.locate.region import box_of, largest
from shelflens.types import Box

GREY: Final = (127, 127, 127)


class ActivationsLocator:
    """A Locator. The picture is laid on a grey square, so that no part of it is out of the network's view."""

    name = "activations"
    identity = "activations 1"

    def __init__(self, look: Look) -> None:
        self._look = look

    def locate(self, picture: Image.Image) -> Located:
        width, height = picture.size
        side = max(width, height)
        left, top = (side - width) // 2, (side - height) // 2
        square = Image.new("RGB", (side, side), GREY)
        square.paste(picture, (left, top))
        cells = self._look(square)
        if cells is None:
            return NOTHING
        total = cells.sum(axis=0)
        # Cells beside the picture saw nothing but grey.
        across = (np.arange(total.shape[1]) + 0.5) / total.shape[1] * side
        down = (np.arange(total.shape[0]) + 0.5) / total.shape[0] * side
        inside = ((down >= top) & (down < top + height))[:, None] & ((across >= left) & (across < left + width))[None]
        if not inside.any():
            return NOTHING
        body = largest((total > total[inside].mean()) & inside)
        if not body.any():
            return NOTHING
        box = box_of(body)
        return Located(
            Box(
                max(0.0, (box.left * side - left) / width),
                max(0.0, (box.top * side - top) / height),
                min(1.0, (box.right * side - left) / width),
                min(1.0, (box.bottom * side - top) / height),
            ),
            float(total[body].sum() / max(float(total[inside].sum()), 1e-12)),
        )


def from_name(reference: str, look: Look | None) -> ActivationsLocator:
    refuse_reference("activations", reference)
    if look is None:
        raise ModelError("this embedder does not tell its activations; locate with plain, or with a detector")
    return ActivationsLocator(look)

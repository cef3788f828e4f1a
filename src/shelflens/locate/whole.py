"""The whole picture: what to use where nothing better has been measured."""

from __future__ import annotations

from PIL import Image

from shelflens.errors import ModelError
from shelflens.locate.base import WHOLE, Located, Look


class WholeLocator:
    """A Locator that leaves every picture as it is."""

    name = "whole"
    identity = "whole 1"

    def locate(self, picture: Image.Image) -> Located:  # noqa: ARG002 (the protocol's)
        return Located(WHOLE, 1.0)


def from_name(reference: str, *, look: Look | None = None) -> WholeLocator:  # noqa: ARG001 (the table's)
    if reference:
        raise ModelError(f"whole:{reference} is not a locator; whole takes nothing after a colon")
    return WholeLocator()

"""From a locator's name to the locator."""

from __future__ import annotations

from shelflens import plug
from shelflens.locate.base import Locator, Look


def load_locator(name: str, *, look: Look | None = None) -> Locator:
    """`whole`, `plain`, `activations`, `detector:PATH`, or what a package brings. `look` is the embedder's, if it tells
    its activations. Raises ShelflensError."""
    kind, _, reference = name.partition(":")
    locator: Locator = plug.find("locators", kind)(reference, look)
    return locator

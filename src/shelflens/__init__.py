"""shelflens finds, matches and recognises products from pictures.

import shelflens

with shelflens.open("shop.lens") as catalogue:
    for match in catalogue.search("photo.jpg", k=5):
        print(match.product.title, match.score)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shelflens.assemble import Catalogue
    from shelflens.assemble import open_catalogue as open  # shelflens.open, as gzip.open
    from shelflens.errors import ShelflensError
    from shelflens.types import Box, Hit, Match, Metric, Photo, Product

__version__ = "0.1.0"

__all__ = ["Box", "Catalogue", "Hit", "Match", "Metric", "Photo", "Product", "ShelflensError", "open"]

_HOMES = {
    "Catalogue": ("assemble", "Catalogue"),
    "open": ("assemble", "open_catalogue"),
    "ShelflensError": ("errors", "ShelflensError"),
    **{name: ("types", name) for name in ("Box", "Hit", "Match", "Metric", "Photo", "Product")},
}


def __getattr__(name: str) -> Any:
    """Public names come when they are first asked for, so that importing one module does not load them all."""
    if name not in _HOMES:
        raise AttributeError(f"module 'shelflens' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f"shelflens.{module}"), attribute)

"""Products as points on a circle, so that what is alike is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shelflens.shopper.taste import Item
from shelflens.types import Product


@pytest.fixture
def item() -> Callable[..., Item]:
    def make(product_id: str, angle: float = 0.0, **fields: object) -> Item:
        product = Product(product_id, **fields)  # type: ignore[arg-type]  # the fields of a product
        return Item(product, np.array([np.cos(angle), np.sin(angle)], np.float32))

    return make

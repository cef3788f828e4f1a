"""What is learnt from and what is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

from shelflens.errors import SourceError
from shelflens.feed.base import FilePhoto
from shelflens.train.photos import LabelledPhoto
from shelflens.train.splitting import folds, hold_out, leave_out_products
from shelflens.types import Product


def photo(label: str, product: str) -> LabelledPhoto:
    return LabelledPhoto(FilePhoto(Path("/x.jpg")), label, Product(product), "train")


PHOTOS = [photo(f"c{c}", f"c{c}-p{n % 5}") for c in range(3) for n in range(20)]
ROWS = np.arange(len(PHOTOS))
LABELS = np.repeat(np.arange(3), 20)


def test_a_share_of_every_class_is_held_out() -> None:
    held = hold_out(PHOTOS, ROWS, target="product_id", share=0.1, seed=0)
    assert np.bincount(LABELS[held]).tolist() == [2, 2, 2]
    assert held.tolist() == hold_out(PHOTOS, ROWS, target="product_id", share=0.1, seed=0).tolist()
    assert held.tolist() != hold_out(PHOTOS, ROWS, target="product_id", share=0.1, seed=1).tolist()


def test_whole_products_are_held_out_where_a_class_has_several() -> None:
    held = hold_out(PHOTOS, ROWS, target="category", share=0.2, seed=0)
    inside = {PHOTOS[row].product.product_id for row in held}
    outside = {PHOTOS[row].product.product_id for row in np.setdiff1d(ROWS, held)}
    assert len(inside) == 3
    assert not inside & outside


def test_only_named_rows_are_held_out() -> None:
    some = ROWS[LABELS == 1]
    assert set(hold_out(PHOTOS, some, target="product_id", share=0.5, seed=0)) < set(some)


def test_a_source_in_which_no_photo_can_be_spared_is_an_error_that_says_what_to_do() -> None:
    few = [photo("a", "a"), photo("a", "a"), photo("b", "b"), photo("b", "b")]
    with pytest.raises(SourceError, match=r"no class has 3 photos.*--validation"):
        hold_out(few, np.arange(4), target="product_id", share=0.1, seed=0)


@pytest.mark.parametrize("target", ["product_id", "category"])
def test_every_photo_is_in_one_fold_and_every_class_in_all(target: str) -> None:
    parts = folds(PHOTOS, ROWS, target=target, count=3, seed=0)
    assert sorted(row for part in parts for row in part.tolist()) == ROWS.tolist()
    assert all(set(LABELS[part]) == {0, 1, 2} for part in parts)


def test_a_product_is_never_in_two_folds_when_something_coarser_is_learnt() -> None:
    parts = folds(PHOTOS, ROWS, target="category", count=3, seed=0)
    products = [{PHOTOS[row].product.product_id for row in part} for part in parts]
    assert sum(map(len, products)) == len(set.union(*products)) == 15


def test_products_left_out_are_left_out_with_all_their_photos() -> None:
    parts = leave_out_products(LABELS, ROWS, count=3, seed=0)
    assert sorted(row for part in parts for row in part.tolist()) == ROWS.tolist()
    assert sorted(len(part) for part in parts) == [20, 20, 20]
    assert all(len(set(LABELS[part])) == 1 for part in parts)

"""What batches are made of."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

from shelflens.errors import ShelflensError
from shelflens.train.sampling import sampler
from shelflens.train.settings import Settings

LABELS = np.array([0] * 50 + [1] * 10 + [2] * 3)
SETTINGS = Settings(batch=12, photos_per_class=4)


def batches(name: str, *, seed: int = 0, settings: Settings = SETTINGS) -> list[list[int]]:
    return [rows.tolist() for rows in sampler(name)(LABELS, settings, np.random.default_rng(seed))]


@pytest.mark.parametrize("name", ["shuffled", "balanced", "pxk"])
def test_the_same_seed_draws_the_same_batches(name: str) -> None:
    assert batches(name) == batches(name)
    assert batches(name) != batches(name, seed=1)


def test_shuffled_shows_every_photo_once() -> None:
    found = batches("shuffled")
    assert sorted(row for batch in found for row in batch) == list(range(len(LABELS)))
    assert min(map(len, found)) >= SETTINGS.batch // 2  # no last batch of one


def test_balanced_shows_every_class_equally_often_and_spreads_its_photos() -> None:
    rows = np.concatenate([np.array(batch) for batch in batches("balanced")])
    assert len(rows) == len(LABELS)
    assert np.bincount(LABELS[rows]).tolist() == [21, 21, 21]
    assert np.bincount(rows, minlength=len(LABELS)).max() <= 7
    assert len(set(rows[LABELS[rows] == 0].tolist())) == 21  # none of the frequent class twice


def test_balanced_takes_other_photos_of_a_frequent_class_in_another_epoch() -> None:
    epochs = [
        {row for batch in batches("balanced", seed=seed) for row in batch if LABELS[row] == 0} for seed in range(8)
    ]
    assert set.union(*epochs) > epochs[0]
    assert len(set.union(*epochs)) >= 45  # of 50


def test_pxk_batches_have_k_photos_of_each_of_p_classes() -> None:
    for batch in batches("pxk"):
        counts = np.bincount(LABELS[batch])
        assert sorted(counts[counts > 0].tolist()) == [4, 4, 4]
        assert len({row for row in batch if LABELS[row] == 0}) == 4  # different photos where there are enough


def test_pxk_gives_every_class_its_turn() -> None:
    settings = Settings(batch=8, photos_per_class=4)
    seen = [label for batch in batches("pxk", settings=settings) for label in LABELS[batch].tolist()]
    assert set(seen) == {0, 1, 2}


def test_an_unknown_sampler_is_an_error_that_lists_the_known() -> None:
    with pytest.raises(ShelflensError, match=r"'random'.*balanced, pxk, shuffled"):
        sampler("random")

"""From pictures of good ones to a model of them. Nothing is trained; what is good is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from PIL import Image

from shelflens.anomaly.coreset import coreset
from shelflens.anomaly.model import AnomalyModel, distances
from shelflens.anomaly.patches import PatchNetwork, smoothed
from shelflens.errors import SourceError

BANK = 2_000  # patches remembered
FEWEST = 5  # good pictures
_POOL = 100_000  # patches that are chosen from, at most: 60 MB
_FLOOR = 0.25  # of the mean usual distance: an even ground must not make a grain of noise a fault


def fit(
    pictures: Iterable[Image.Image],
    network: PatchNetwork,
    *,
    bank: int = BANK,
    seed: int = 0,
    on_progress: Callable[[int], None] = lambda _done: None,
) -> AnomalyModel:
    """`pictures` are of good ones alone, taken as those will be that are to be judged. `on_progress` hears how many
    have been seen. Raises SourceError for fewer than FEWEST."""
    good = []
    for picture in pictures:
        good.append(network.patches(picture))
        on_progress(len(good))
    if len(good) < FEWEST:
        raise SourceError(f"{len(good)} good pictures; {FEWEST} or more are needed, 20 or more do well")
    height, width, dim = good[0].shape
    every = np.concatenate([patches.reshape(-1, dim) for patches in good])
    owner = np.repeat(np.arange(len(good)), height * width)
    if len(every) > _POOL:
        pool = np.sort(np.random.default_rng(seed).choice(len(every), _POOL, replace=False))
        every, owner = every[pool], owner[pool]
    chosen = coreset(every, bank, seed=seed)
    remembered, owner = every[chosen], owner[chosen]
    # Each good picture as if it were new: the patches that it gave are left out.
    maps = np.stack([distances(patches, remembered, without=owner == own) for own, patches in enumerate(good)])
    usual = smoothed(smoothed(maps.mean(axis=0)[..., None]))[..., 0]
    usual = np.maximum(usual, _FLOOR * usual.mean())
    held_out = np.sort((maps / usual).reshape(len(good), -1).max(axis=1).astype(np.float64))
    return AnomalyModel(network.preprocessing.size, remembered, usual, held_out, network.sha256)

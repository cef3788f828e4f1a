"""A map of the vectors: photos that the model finds alike lie near each other.

t-SNE (van der Maaten and Hinton 2008) where scikit-learn is installed, as it is with `shelflens[train]`; otherwise the
two directions of most variance, which keep distances but part classes less well.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.result import Assessment
from shelflens.pages.model_report import Dot, Kind, Map
from shelflens.types import Vectors

MOST = 1_500  # photos on the map
FEWEST = 5
PERPLEXITY = 30


def atlas(found: Assessment, picture: Callable[[int], bytes], *, seed: int = 0) -> Map | None:
    """`picture` gives a photo, by its place, as a small JPEG. None for too few photos to make a map of."""
    every = len(found.seen.photos)
    if every < FEWEST:
        return None
    places = np.arange(every)
    if every > MOST:
        places = np.sort(np.random.default_rng(seed).choice(every, MOST, replace=False))
    vectors = found.seen.vectors[places]
    spread, how = (tsne(vectors, seed=seed), "t-SNE") if find_spec("sklearn") else (components(vectors), "PCA")
    at = _framed(spread)
    shown = _apart(at)
    right, known, labels = found.right, found.known, found.labels
    dots = []
    for row, place in enumerate(places.tolist()):
        kind: Kind = "right" if right[place] or labels is None else "wrong" if known[place] else "unseen"
        photo = found.seen.photos[place]
        answer = f", said to be {labels.names[found.predicted[place]]}" if labels and kind != "right" else ""
        jpeg = picture(place) if row in shown else b""
        dots.append(Dot(float(at[row, 0]), float(at[row, 1]), kind, f"{photo.label}{answer} ({photo.where})", jpeg))
    dots.sort(key=lambda dot: bool(dot.picture))  # pictures above dots
    share = f"{len(places):,} of {every:,}" if every > len(places) else f"All {every:,}"
    return Map(f"{share} photos by {how}: near each other is alike to the model. Directions mean nothing.", tuple(dots))


def tsne(vectors: Vectors, *, seed: int) -> NDArray[np.float64]:
    """(N, 2), needs scikit-learn."""
    from sklearn.manifold import TSNE

    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    spread: NDArray[np.float64] = TSNE(perplexity=perplexity, init="pca", random_state=seed, n_jobs=1).fit_transform(
        vectors.astype(np.float64)
    )
    return spread


def components(vectors: Vectors) -> NDArray[np.float64]:
    """(N, 2): the first two principal components; the sign of each makes its largest weight positive."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    left, sizes, weights = np.linalg.svd(centred, full_matrices=False)
    signs = np.sign(weights[np.arange(2), np.abs(weights[:2]).argmax(axis=1)])
    return np.asarray(left[:, :2] * sizes[:2] * np.where(signs == 0, 1, signs))


def _framed(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """Within 0..1 on both axes, half a picture away from the edges."""
    margin = np.array([Map.PICTURE / Map.WIDTH, Map.PICTURE / Map.HEIGHT]) * 0.6
    low, high = spread.min(axis=0), spread.max(axis=0)
    shares = (spread - low) / np.maximum(high - low, 1e-12)
    return np.asarray(margin + shares * (1 - 2 * margin))


def _apart(at: NDArray[np.float64]) -> set[int]:
    """Rows whose pictures can be drawn without hiding one another, the first come first."""
    centres: list[NDArray[np.float64]] = []
    shown = set()
    for row, centre in enumerate(at * (Map.WIDTH, Map.HEIGHT)):
        if all(np.abs(centre - other).max() >= Map.PICTURE * 0.9 for other in centres):
            centres.append(centre)
            shown.add(row)
    return shown

"""Where in a picture an answer comes from, as a map of cells.

A network that tells its activations (SCDA, Wei et al. 2017) is asked which cells look most like the answer's other
photos: class activation (Zhou et al. 2016). Any other is asked what happens when a part is covered: occlusion
(Zeiler and Fergus 2014). Neither needs gradients, so both run on what serves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.classify.base import Classifier
from shelflens.embed.base import Activating, Embedder
from shelflens.explain.heat import contributions
from shelflens.picture import fit
from shelflens.types import Vectors

COVERED = 4  # the cover's side is this part of the picture's
STEPS = 7  # covers along each side; they overlap by half


def activates(embedder: Embedder, picture: Image.Image) -> bool:
    """Whether `activation_map` can be had from this network."""
    return isinstance(embedder, Activating) and embedder.activations(picture) is not None


def activation_map(embedder: Embedder, picture: Image.Image, centre: Vectors) -> NDArray[np.float32] | None:
    """(h, w): what each cell adds to the cosine with `centre`, (dim,), the unit mean vector of a class's photos."""
    cells = embedder.activations(picture) if isinstance(embedder, Activating) else None
    return contributions(cells, centre) if cells is not None else None


def occlusion_map(classifier: Classifier, picture: Image.Image, answer: int) -> NDArray[np.float32]:
    """(STEPS, STEPS): how much the answer's log-odds fall when the network's view is covered with its mean colour
    there, 0 and up."""
    preprocessing = classifier.manifest.preprocessing
    view = fit(picture, preprocessing)
    side = preprocessing.size // COVERED
    red, green, blue = (round(value) for value in preprocessing.mean)
    cover = Image.new("RGB", (side, side), (red, green, blue))
    starts = np.linspace(0, preprocessing.size - side, STEPS).round().astype(int).tolist()
    covered = []
    for top in starts:
        for left in starts:
            with_cover = view.copy()
            with_cover.paste(cover, (left, top))
            covered.append(_whole(with_cover, classifier))
    odds = _log_odds(classifier.classify([_whole(view, classifier), *covered])[:, answer])
    fall: NDArray[np.float32] = np.maximum(odds[0] - odds[1:], 0).reshape(STEPS, STEPS).astype(np.float32)
    return fall


def _whole(view: Image.Image, classifier: Classifier) -> Image.Image:
    """A picture that the classifier's preprocessing fits back to `view`, nearly: what it cuts off is there again."""
    preprocessing = classifier.manifest.preprocessing
    side = round(preprocessing.size / preprocessing.shown_share)
    red, green, blue = (round(value) for value in preprocessing.mean)
    whole = Image.new("RGB", (side, side), (red, green, blue))
    whole.paste(view, ((side - view.width) // 2, (side - view.height) // 2))
    return whole


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    safe = probabilities.clip(1e-9, 1 - 1e-9)
    return np.asarray(np.log(safe) - np.log1p(-safe))

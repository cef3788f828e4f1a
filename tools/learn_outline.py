"""Fits the network that finds the thing in the middle of a cluttered picture, and how far to believe its highlights.

    python tools/learn_outline.py

On photos of the drawn shop whose exact outlines are known: a third of the products of each of the seeds 3, 21 and 22,
and the same mirrored. Judged on each third by what is learnt on the two others (IoU of the outline, error of the
light's logarithm); then fitted on all and written. About ten minutes, most of them for drawing, two processes.
Needs scikit-learn (the dev extra). `docs/attributes.md` reports on other seeds.
"""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from shelflens.attributes import outline
from shelflens.attributes.outline import Network
from shelflens.attributes.palette import highlight, looked_at
from shelflens.demo.assortment import assortment
from shelflens.demo.drawing import Outlined, outlined
from shelflens.search import open_view
from shelflens.verify.oklab import oklab

SEEDS = (3, 21, 22)
PRODUCTS = 120
SIDE = 256  # of the short side, pixels, at which a picture is decoded
UNITS = 24
PIXELS = 900  # of each photo
ROUNDS = 14
MIRRORED = [0, 1, 2, 3, 4, 6, 5, 7]  # features of the mirrored picture

Light: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One photo as the palette sees it."""

    levels: NDArray[np.uint8]  # (H, W, 3)
    product: NDArray[np.bool_]  # (H, W)
    light: NDArray[np.float64]  # (3,): its logarithm, where the product is; 0 is white

    def features(self) -> NDArray[np.float32]:
        return outline.features(oklab(self.levels))


def main() -> None:
    with ProcessPoolExecutor(2) as pool:
        thirds = list(pool.map(drawn, range(len(SEEDS))))
    for place, held_out in enumerate(thirds):
        others = [one for other, third in enumerate(thirds) if other != place for one in third]
        network = learnt(others)
        light = fitted_light(others, network)
        judged = [(one, network(one.features()) > 0.5) for one in held_out]
        overlap = [(mask & one.product).sum() / (mask | one.product).sum() for one, mask in judged]
        errors = [_rows(one, mask) @ light - one.light for one, mask in judged]
        print(
            f"seed {SEEDS[place]}: IoU {np.mean(overlap):.3f}, light off by {np.sqrt(np.mean(np.square(errors))):.3f}"
        )
    every = [one for third in thirds for one in third]
    network = learnt(every)
    np.savez(
        outline.FILE,
        hidden=network.hidden,
        hidden_bias=network.hidden_bias,
        output=network.output,
        output_bias=network.output_bias,
    )
    picture, product, constant = fitted_light(every, network)
    print(f"light: {picture:.2f} of the picture's highlight, {product:.2f} of the product's, {constant:+.3f}")


def drawn(third: int) -> list[Example]:
    sold = assortment(PRODUCTS)
    with tempfile.TemporaryDirectory() as folder:
        return [
            example
            for item in sold[third :: len(SEEDS)]
            for example in _examples(outlined(item, sold, seed=SEEDS[third], folder=Path(folder)))
        ]


def _examples(photos: Iterable[Outlined]) -> Iterator[Example]:
    for one in photos:
        file = io.BytesIO()
        one.taken.photo.save(file, "JPEG", quality=one.taken.quality)
        levels = looked_at(open_view(file.getvalue(), side=SIDE).scaled)
        cover, *white = (_reduced(plane, levels.shape[:2]) for plane in (one.cover, *np.moveaxis(one.white, 2, 0)))
        product = cover > np.percentile(cover, 99) / 2
        yield Example(levels, product, np.array([np.log(channel[product].mean() / 255) for channel in white]))


def _reduced(plane: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    height, width = shape
    image = Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, np.float32)


def learnt(examples: Sequence[Example]) -> Network:
    random = np.random.default_rng(0)
    pixels, truth = [], []
    for one in examples:
        seen, product = one.features().reshape(-1, outline.FEATURES), one.product.ravel()
        drawn = random.permutation(len(product))[:PIXELS]
        # Mirrored, left is right; nothing else changes.
        pixels += [seen[drawn], seen[drawn][:, MIRRORED]]
        truth += [product[drawn]] * 2
    inputs, outputs = np.concatenate(pixels), np.concatenate(truth)
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    model = MLPClassifier(
        (UNITS,), max_iter=ROUNDS, batch_size=512, learning_rate_init=3e-3, alpha=1e-3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # so many rounds, and no more
        model.fit((inputs - mean) / spread, outputs)
    (hidden, output), (hidden_bias, output_bias) = model.coefs_, model.intercepts_
    hidden = hidden / spread[:, None]
    arrays = (hidden, hidden_bias - mean @ hidden, output[:, 0], output_bias[0])
    return Network(*(np.asarray(array, np.float32) for array in arrays))


def fitted_light(examples: Sequence[Example], network: Network) -> Light:
    """How much the highlights of the picture and of the product say, and a constant: by least squares."""
    rows = [row for one in examples for row in _rows(one, network(one.features()) > 0.5)]
    light = np.concatenate([one.light for one in examples])
    return tuple(np.linalg.lstsq(np.array(rows), light, rcond=None)[0].tolist())


def _rows(one: Example, product: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(3, 3): of each channel."""
    return np.stack([highlight(one.levels), highlight(one.levels[product]), np.ones(3)], axis=1)


if __name__ == "__main__":
    main()

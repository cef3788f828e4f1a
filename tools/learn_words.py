"""Learns the vocabularies of the bags of visual words: `python tools/learn_words.py sift PHOTOS... [--words 1024]`.

PHOTOS are folders, looked through for .jpg files; every n-th is taken so that --photos remain of each. The same photos
give the same file.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.embed.bovw import FEATURES, VOCABULARIES, grey, local_features
from shelflens.embed.pooling import unit
from shelflens.picture import open_file

ROUNDS = 12
PER_PHOTO = 120  # features taken of a photo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", choices=FEATURES)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--words", type=int, default=1024)
    parser.add_argument("--photos", type=int, default=300, help="of each folder")
    options = parser.parse_args()
    photos = [path for folder in options.folders for path in evenly(sorted(folder.rglob("*.jpg")), options.photos)]
    found = [local_features(grey(open_file(path).image), options.features) for path in photos]
    found = [features for features in found if len(features)]
    sample = np.concatenate([features[:PER_PHOTO] for features in found])
    binary = options.features in ("orb", "akaze")
    words = cluster(sample, options.words, binary=binary)
    present = np.zeros(len(words))
    for features in found:
        present[np.unique((features @ words.T).argmax(axis=1))] += 1
    idf = np.log((len(found) + 1) / (present + 1)).astype(np.float32)
    VOCABULARIES.mkdir(exist_ok=True)
    path = VOCABULARIES / f"{options.features}.npz"
    stored = np.packbits(words > 0, axis=1) if binary else np.rint(words * (127 / np.abs(words).max())).astype(np.int8)
    np.savez_compressed(path, words=stored, idf=idf)
    print(f"{path}: {len(words)} words of {len(sample)} features on {len(found)} photos, {path.stat().st_size} bytes")


def evenly(paths: list[Path], count: int) -> list[Path]:
    return paths[:: max(1, len(paths) // count)][:count]


def cluster(sample: NDArray[np.float32], count: int, *, binary: bool, seed: int = 0) -> NDArray[np.float32]:
    """(N, D) unit rows -> (count, D) unit rows: spherical k-means; of binary features the majority bits."""
    random = np.random.default_rng(seed)
    words = sample[np.sort(random.choice(len(sample), count, replace=False))]
    for _ in range(ROUNDS):
        nearest = np.concatenate([(part @ words.T).argmax(axis=1) for part in np.array_split(sample, 32)])
        order = np.argsort(nearest, kind="stable")
        filled, starts = np.unique(nearest[order], return_index=True)
        means = np.add.reduceat(sample[order], starts, axis=0)
        words = sample[np.sort(random.choice(len(sample), count, replace=False))]  # an empty word starts anew
        words[filled] = np.where(means > 0, 1, -1) if binary else means
        words = unit(words)
    return words


if __name__ == "__main__":
    main()

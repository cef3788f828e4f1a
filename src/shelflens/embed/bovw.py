"""Bags of visual words: the classical way, as a baseline. A picture is the histogram of its local features' words.

Sivic and Zisserman, "Video Google: a text retrieval approach to object matching in videos", ICCV 2003; with square
roots against bursts (Jégou, Douze and Schmid, CVPR 2009). `tools/learn_words.py` made the vocabularies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.embed.pooling import unit
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest
from shelflens.picture.pixels import fit
from shelflens.types import Preprocessing, Vectors

VOCABULARIES = Path(__file__).parent / "vocabularies"
PREPROCESSING = Preprocessing(size=320, fit="squash", mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
KEYPOINTS = 500
FEATURES = ("sift", "orb", "akaze", "surf")


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    words: NDArray[np.float32]  # (W, D) unit rows: what a feature is compared with by inner product
    idf: NDArray[np.float32]  # (W,): log(pictures / pictures that have the word), from what the words were learned on

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """Raises ModelError for a file that `tools/learn_words.py` did not write."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                stored, idf = file["words"], file["idf"]
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise ModelError(f"{path}: no vocabulary can be read there ({error})") from None
        words = signs(stored) if path.stem in ("orb", "akaze") else stored.astype(np.float32)
        return cls(unit(words), idf.astype(np.float32))


class BagOfWordsEmbedder:
    """An Embedder. A picture without any keypoint gets the diagonal vector."""

    def __init__(self, features: str) -> None:
        path = VOCABULARIES / f"{features}.npz"
        self._features = features
        local_features(np.zeros((64, 64), np.uint8), features)  # fails now, not at the first picture
        if not path.is_file():
            raise ModelError(f"bovw:{features} has no vocabulary yet; learn one with tools/learn_words.py {features}")
        self._vocabulary = Vocabulary.read(path)
        self._manifest = ModelManifest(
            name=f"bovw:{features}",
            sha256=digest([path]),
            dimension=len(self._vocabulary.idf),
            preprocessing=PREPROCESSING,
            licence="Apache-2.0",
            source="tools/learn_words.py",
            paper="Sivic and Zisserman, Video Google: a text retrieval approach to object matching, ICCV 2003",
        )

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def embed(self, pictures: Sequence[Image.Image]) -> Vectors:
        """As the protocol says."""
        vectors = np.zeros((len(pictures), self._manifest.dimension), np.float32)
        for row, picture in enumerate(pictures):
            found = local_features(grey(picture), self._features)
            if len(found):
                nearest = (found @ self._vocabulary.words.T).argmax(axis=1)
                vectors[row] = np.bincount(nearest, minlength=self._manifest.dimension)
        return unit(np.sqrt(vectors) * self._vocabulary.idf)


def from_name(reference: str, *, threads: int = 0) -> BagOfWordsEmbedder:  # noqa: ARG001 (a picture takes one thread)
    """`bovw:sift`, `bovw:orb`, `bovw:akaze`; `bovw:surf` where OpenCV has it and a vocabulary was learned."""
    if reference not in FEATURES:
        raise ModelError(
            f"bovw:{reference} is not an embedder; there is {', '.join(f'bovw:{name}' for name in FEATURES)}"
        )
    return BagOfWordsEmbedder(reference)


def grey(picture: Image.Image) -> NDArray[np.uint8]:
    """(320, 320), 0..255: what features are looked for in."""
    return np.asarray(fit(picture.convert("RGB"), PREPROCESSING).convert("L"))


def local_features(image: NDArray[np.uint8], features: str) -> NDArray[np.float32]:
    """(N, D) unit rows, the KEYPOINTS strongest; binary features as signs: inner products then rank by Hamming."""
    points, found = _detector(features).detectAndCompute(image, None)
    if found is None or len(points) == 0:
        return np.empty((0, 0), np.float32)
    strongest = np.argsort([-point.response for point in points], kind="stable")[:KEYPOINTS]
    chosen = found[strongest]
    if chosen.dtype == np.uint8:
        return unit(signs(chosen))
    if features == "sift":  # RootSIFT (Arandjelović and Zisserman 2012)
        chosen = np.sqrt(chosen / np.maximum(chosen.sum(axis=1, keepdims=True), 1e-6))
    return unit(np.asarray(chosen, np.float32))


def signs(packed: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, B) bytes -> (N, 8 B) of -1 and 1."""
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _detector(features: str) -> Any:
    """OpenCV's; made anew for each picture, because none promises to be safe for two threads at once."""
    try:
        cv2 = import_module("cv2")
    except ImportError:
        raise ModelError("bags of visual words need OpenCV: pip install 'shelflens[evidence]'") from None
    makers = {
        "sift": lambda: cv2.SIFT_create(nfeatures=KEYPOINTS, contrastThreshold=0.02),
        "orb": lambda: cv2.ORB_create(nfeatures=KEYPOINTS, fastThreshold=10),
        "akaze": lambda: _either(cv2, "AKAZE_create")(threshold=0.0005),
        "surf": lambda: _either(cv2, "SURF_create")(hessianThreshold=100),
    }
    return makers[features]()


def _either(cv2: ModuleType, maker: str) -> Any:
    """OpenCV moved features between its main and its contributed modules from version to version."""
    for module in (cv2, getattr(cv2, "xfeatures2d", None)):
        if hasattr(module, maker):
            return getattr(module, maker)
    raise ModelError(
        f"this OpenCV has no {maker.removesuffix('_create')}: SURF needs a build with nonfree, "
        "AKAZE version 4, or 5 with the contributed modules"
    )

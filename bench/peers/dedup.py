"""imagededup: its perceptual hashes with its search by brute force, and its CNN encoder with lite0 as the custom model.

Its own networks (MobileNetV3, ViT, EfficientNet-B4 of torchvision) are downloaded when first used. It finds duplicates
within one folder and has no query call for the CNN; the query here is the row of its similarity matrix.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import torch

# torchvision's compiled operators need the very build of torch that they were made for; imagededup uses none of them,
# but torchvision does not import unless two are declared.
_operators = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):
    _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

from imagededup.handlers.search.brute_force_cython import BruteForceCython  # noqa: E402
from imagededup.methods import CNN, PHash  # noqa: E402
from imagededup.utils.models import CustomModel  # noqa: E402
from sklearn.metrics.pairwise import cosine_similarity  # noqa: E402

from bench.bare import BareModel  # noqa: E402
from bench.peers import lite0  # noqa: E402
from bench.peers.job import DEPTH, Engine, Job, run  # noqa: E402

BITS = 64


class Hashes:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._method = PHash(verbose=False)

    def index(self) -> None:
        hashes = self._method.encode_images(str(self._job.gallery), num_enc_workers=self._job.threads)
        self._search = BruteForceCython(hashes, self._method.hamming_distance)

    def query(self, photo: Path) -> list[str]:
        found = self._search.search(query=self._method.encode_image(str(photo)), tol=BITS)
        return [name for name, _ in sorted(found, key=lambda pair: (pair[1], pair[0]))[:DEPTH]]


class Lite0(torch.nn.Module):
    """ONNX Runtime behind torch's face."""

    def __init__(self, model: BareModel) -> None:
        super().__init__()
        self._bare = model

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self._bare.run(pixels.numpy()))


class Encodings:
    def __init__(self, job: Job) -> None:
        self._job = job
        model = lite0.load(job)
        custom = CustomModel("lite0", Lite0(model), lambda image: torch.from_numpy(model.tensor(image)))
        self._method = CNN(verbose=False, model_config=custom)

    def index(self) -> None:
        encodings = self._method.encode_images(str(self._job.gallery))
        self._names = list(encodings)
        self._matrix = np.stack(list(encodings.values()))

    def query(self, photo: Path) -> list[str]:
        cosines = cosine_similarity(self._method.encode_image(str(photo)), self._matrix)[0]
        return [self._names[at] for at in np.argsort(-cosines)[:DEPTH]]


def hashes(job: Job) -> Engine:
    return Hashes(job)


def encodings(job: Job) -> Engine:
    return Encodings(job)


if __name__ == "__main__":
    logging.disable(logging.INFO)
    run({"imagededup PHash": hashes, "imagededup CNN, lite0": encodings}, packages=("imagededup",))

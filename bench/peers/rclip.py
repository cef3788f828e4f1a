"""rclip: its folder walk, loading threads, SQLite store and exact search, with lite0 in the place of its CLIP.

Its own model, CLIP ViT-B/32 in ONNX, is downloaded from a hub when first used.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import numpy as np
import rclip.main
import rclip.model
from numpy.typing import NDArray
from PIL import Image
from rclip.db import DB

from bench.bare import BareModel
from bench.peers import lite0
from bench.peers.job import DEPTH, Job, run

BATCH = 8  # rclip's default on a CPU


rclip.model.Model.VECTOR_SIZE = 1280  # of the zeros that stand for "no words"


class Lite0(rclip.model.Model):
    def __init__(self, model: BareModel) -> None:
        super().__init__()
        self._bare = model

    def _run_visual(self, batch: NDArray[np.float32], *, for_indexing: bool = False) -> NDArray[np.float32]:  # noqa: ARG002 - rclip's signature
        return self._bare.run(batch)


class Rclip:
    def __init__(self, job: Job) -> None:
        self._job = job
        model = lite0.load(job)

        def preprocess(image: Image.Image) -> NDArray[np.float32]:
            return model.tensor(image)

        rclip.main.preprocess = rclip.model.preprocess = preprocess  # its own takes CLIP's 256 px and colours
        self._rclip = rclip.main.RClip(Lite0(model), DB(job.scratch / "db.sqlite3"), BATCH, None)

    def index(self) -> None:
        with contextlib.redirect_stdout(sys.stderr):
            self._rclip.ensure_index(str(self._job.gallery))

    def query(self, photo: Path) -> list[str]:
        return [Path(found.filepath).name for found in self._rclip.search(str(photo), str(self._job.gallery), DEPTH)]


if __name__ == "__main__":
    run({"rclip, lite0": Rclip}, packages=("rclip",))

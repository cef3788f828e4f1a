"""ImageHash: perceptual hashes of 64 bits, compared one by one as its README does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import imagehash
from PIL import Image

from bench.peers.job import DEPTH, Engine, Job, run


class Hashes:
    def __init__(self, job: Job, hash_of: Callable[[Image.Image], imagehash.ImageHash]) -> None:
        self._job = job
        self._hash_of = hash_of
        self._hashes: list[tuple[str, imagehash.ImageHash]] = []

    def index(self) -> None:
        self._hashes = [(photo.name, self._hash(photo)) for photo in self._job.gallery_photos()]

    def query(self, photo: Path) -> list[str]:
        asked = self._hash(photo)
        return [name for name, _ in sorted(self._hashes, key=lambda pair: pair[1] - asked)[:DEPTH]]

    def _hash(self, photo: Path) -> imagehash.ImageHash:
        with Image.open(photo) as image:
            return self._hash_of(image)


def phash(job: Job) -> Engine:
    return Hashes(job, imagehash.phash)


def colorhash(job: Job) -> Engine:
    return Hashes(job, imagehash.colorhash)


if __name__ == "__main__":
    run({"ImageHash phash": phash, "ImageHash colorhash": colorhash}, packages=("ImageHash",))

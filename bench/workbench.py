"""What all sections share: the folder they work in, sizes, cores, the bundled model, and vectors of the real photos."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import photos
from bench.bare import Recipe, embed_files
from shelflens.embed.loading import load_embedder
from shelflens.manifest import ModelManifest

MODEL = "lite0"


@dataclass(frozen=True)
class Workbench:
    scratch: Path  # made anew by each run
    data: Path | None  # real photos
    tiny: bool = False  # a few photos and vectors: shows that it runs, measures nothing
    large: bool = False  # a million vectors, too

    @property
    def cores(self) -> int:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def every(self) -> int:
        """Each n-th real photo is used."""
        return 100 if self.tiny else 1

    @property
    def vectors(self) -> int:
        """Of the catalogue that queries are measured on."""
        return 1_000 if self.tiny else 100_000

    @cached_property
    def manifest(self) -> ModelManifest:
        return load_embedder(MODEL, threads=1).manifest

    @cached_property
    def recipe(self) -> Recipe:
        with_crop = self.manifest.preprocessing
        assert with_crop.fit == "crop" and len(set(with_crop.mean)) == len(set(with_crop.std)) == 1, with_crop
        path = Path(str(files("shelflens.embed") / "models" / f"{MODEL}.onnx"))
        return Recipe(path, with_crop.size, with_crop.crop_share, with_crop.mean[0], with_crop.std[0])

    @cached_property
    def shop(self) -> photos.Shop | None:
        return photos.grocery(self.scratch / "grocery", self.data, every=self.every) if self.data else None

    @cached_property
    def real_vectors(self) -> NDArray[np.float32]:
        """(N, dim) unit rows of the real photos; needs `data`."""
        assert self.data
        return self._embedded(photos.all_photos(self.data)[:: self.every])

    @property
    def groceries(self) -> int:
        """How many of the real vectors are of Grocery's photos; they come first."""
        assert self.data
        grocery = self.data / "grocery"
        return sum(photo.is_relative_to(grocery) for photo in photos.all_photos(self.data)[:: self.every])

    @cached_property
    def query_vectors(self) -> NDArray[np.float32]:
        """(Q, dim) unit rows of real photos that `real_vectors` has not seen; needs `data`."""
        assert self.data
        return self._embedded(photos.held_out(self.data)[:: self.every])

    def _embedded(self, paths: list[Path]) -> NDArray[np.float32]:
        return np.stack(embed_files(self.recipe, paths, workers=self.cores))

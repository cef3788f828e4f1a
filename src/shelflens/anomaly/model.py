"""What good pictures look like, patch by patch, and how far a picture is from that.

A patch's distance is that to the nearest good patch, as in PatchCore. It is then divided by the distance that good
pictures have at the same place: a printed edge is never quite where it was, an even surface always is. So 1 is as
usual, and 2 is twice as far from anything good as usual there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shelflens.anomaly.patches import TENSORS, Patches, PatchNetwork
from shelflens.errors import ModelError

FORMAT = 1
_BLOCK = 4096  # patches compared at once


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    score: float  # of the most unusual place, times the usual distance there
    heat: NDArray[np.float32]  # (h, w), the same for every place
    suspicious: bool  # farther than every good picture was when the others were all that was known


@dataclass(frozen=True, slots=True, eq=False)
class AnomalyModel:
    """Made by `fit`, kept in one file."""

    size: int  # pixels of the network's view
    bank: NDArray[np.float32]  # (M, dim), good patches
    usual: NDArray[np.float32]  # (h, w), usual distance at each place, above 0
    held_out: NDArray[np.float64]  # (N,), scores of the good pictures, each without its own patches, ascending
    sha256: str  # of the network

    @property
    def threshold(self) -> float:
        """The highest score of a good picture. Of N pictures like them, 1 in N + 1 would score higher."""
        return float(self.held_out[-1])

    def find(self, picture: Image.Image, network: PatchNetwork) -> Finding:
        """`network` must be of this model's size; see `open_network`."""
        heat = distances(network.patches(picture), self.bank) / self.usual
        score = float(heat.max())
        return Finding(score, heat, score > self.threshold)

    def open_network(self, *, threads: int = 1) -> PatchNetwork:
        """Raises ModelError when the bundled network is not the one that the model was made with."""
        network = PatchNetwork(size=self.size, threads=threads)
        if network.sha256 != self.sha256:
            raise ModelError("the model was made with another version of the bundled network; fit it again")
        return network

    def save(self, path: Path) -> None:
        """One file, whole or not at all."""
        facts = {"format": FORMAT, "size": self.size, "sha256": self.sha256, "tensors": list(TENSORS)}
        partial = path.with_name(path.name + ".partial")
        with partial.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), bank=self.bank, usual=self.usual, held_out=self.held_out)
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> AnomalyModel:
        """Raises ModelError for a file that `save` did not write."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                facts = json.loads(str(kept["facts"]))
                bank, usual, held_out = kept["bank"], kept["usual"], kept["held_out"]
        except OSError as error:
            raise ModelError(f"{path}: cannot be read ({error.strerror or 'damaged'}); fit a model first") from None
        except (ValueError, KeyError, EOFError, TypeError, BadZipFile):
            raise ModelError(f"{path}: is no model of shelflens anomaly fit, or is damaged") from None
        if facts.get("format") != FORMAT or facts.get("tensors") != list(TENSORS):
            raise ModelError(f"{path}: is of another version of shelflens; fit it again")
        return cls(int(facts["size"]), bank, usual, held_out, str(facts["sha256"]))


def distances(
    patches: Patches, bank: NDArray[np.float32], *, without: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """(h, w): of each patch to the nearest of the bank, Euclidean; `without`, (M,), rows of the bank to leave out."""
    kept = bank if without is None else bank[~without]
    squares = np.einsum("md,md->m", kept, kept)
    points = patches.reshape(-1, patches.shape[2])
    nearest = np.empty(len(points), np.float32)
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        gaps = np.einsum("nd,nd->n", block, block)[:, None] - 2 * (block @ kept.T) + squares
        nearest[start : start + _BLOCK] = np.sqrt(np.maximum(gaps.min(axis=1), 0))
    return nearest.reshape(patches.shape[:2])

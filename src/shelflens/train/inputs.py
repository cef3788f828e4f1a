"""Where batches come from: photos augmented as they are needed, or features of the frozen stages, computed once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shelflens.train.augmentation import Augment, augmentation, normalised
from shelflens.train.backbones.base import pooled
from shelflens.train.forward import frozen_forward
from shelflens.train.pictures import Bytes, OnProgress, Pictures
from shelflens.train.sampling import Rows

Features: TypeAlias = NDArray[np.float16]  # (N, views, h, w, channels) or (N, views, features), of the frozen stages

_CHUNK = 32  # photos at a time through the frozen stages


class Inputs(Protocol):
    """Photos by their position in `Pictures`, as the trained part takes them."""

    def training(self, rows: Rows, random: np.random.Generator) -> Tensor:
        """(B, ...) as the network learns from them: other ones each time."""
        ...

    def served(self, rows: Rows) -> Tensor:
        """(B, ...) as a customer's photo comes: always the same."""
        ...


@dataclass(frozen=True)
class PictureInputs:
    """Pixels (B, 3, size, size)."""

    pictures: Pictures
    augment: Augment
    device: torch.device

    def training(self, rows: Rows, random: np.random.Generator) -> Tensor:  # noqa: ARG002 (kornia has torch's)
        canvas = _planes(self.pictures.canvas, rows).to(self.device)
        with torch.no_grad():
            return normalised(255 * self.augment(canvas / 255), self.pictures.preprocessing)

    def served(self, rows: Rows) -> Tensor:
        planes = _planes(self.pictures.served, rows).to(self.device)
        return normalised(planes, self.pictures.preprocessing)


@dataclass(frozen=True)
class CachedInputs:
    """Features of the frozen stages; each time one of a photo's views is drawn, and maps are mirrored half of the time:
    nearly what the mirrored photo would give, and free."""

    features: Features
    device: torch.device

    def training(self, rows: Rows, random: np.random.Generator) -> Tensor:
        views = random.integers(self.features.shape[1], size=len(rows))
        chosen = self.features[rows, views]
        if chosen.ndim == 4:
            mirrored = random.random(len(rows)) < 0.5
            chosen[mirrored] = chosen[mirrored, :, ::-1]
        return self._tensor(chosen)

    def served(self, rows: Rows) -> Tensor:
        return self._tensor(self.features[rows, 0])

    def _tensor(self, chosen: Features) -> Tensor:
        """Channels lie last in memory, which convolutions on a CPU are a third faster with; the axes are as always."""
        tensor = torch.from_numpy(chosen).to(self.device).float()
        return tensor.permute(0, 3, 1, 2) if tensor.ndim == 4 else tensor


@dataclass(frozen=True)
class FeatureCache:
    """Features on disk, by what they were made of. Making them can be stopped, and goes on where it was."""

    folder: Path
    device: torch.device
    on_progress: OnProgress

    def features(
        self,
        frozen: nn.Module,
        model: str,
        pictures: Pictures,
        *,
        views: int,
        augment: str,
        rows: Rows,
        pool: bool = False,
        seed: int = 0,
    ) -> Features:
        """(N, views, ...): what `frozen` puts out for each picture as it is served, and then augmented ever anew.

        `model` is the digest of `frozen`'s weights. Only `rows` get all views, others the first. `pool`: the mean over
        the picture is all that is kept.
        """
        key = json.dumps(
            [model, pictures.digest, views, augment, pool, seed, hashlib.sha256(rows.tobytes()).hexdigest()]
        )
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        path, mark = self.folder / f"{name}.npy", self.folder / f"{name}.done"
        size, count = pictures.preprocessing.size, len(pictures.photos)
        done = int(mark.read_text()) if mark.exists() and path.exists() else 0
        features = np.lib.format.open_memmap(path, mode="r+") if done else None
        if features is not None and done == count:
            return features
        several = np.isin(np.arange(count), rows)
        make = _Views(pictures, augmentation(augment, size), self.device)
        self.folder.mkdir(parents=True, exist_ok=True)
        asked = count + (views - 1) * int(several.sum())
        with frozen_forward(
            frozen, size=size, photos=asked, device=self.device, path=path.with_suffix(".onnx")
        ) as forward:
            for start in range(done, count, _CHUNK):
                chunk = np.arange(start, min(start + _CHUNK, count))
                for view in range(views):
                    wanted = chunk if view == 0 else chunk[several[chunk]]
                    if not len(wanted):
                        continue
                    torch.manual_seed(seed * 1_000_003 + start * views + view)
                    out = forward(make.view(view, wanted))
                    out = pooled(out) if pool else out
                    out = out.permute(0, 2, 3, 1) if out.ndim == 4 else out
                    values = out.half().cpu().numpy()
                    if features is None:
                        shape = (count, views, *values.shape[1:])
                        features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=shape)
                    features[wanted, view] = values
                assert features is not None
                features.flush()
                mark.write_text(str(int(chunk[-1]) + 1))
                self.on_progress("frozen features", int(chunk[-1]) + 1, count)
        assert features is not None, "no pictures"
        return features


@dataclass(frozen=True)
class _Views:
    pictures: Pictures
    augment: Callable[[Tensor], Tensor]
    device: torch.device

    def view(self, number: int, rows: Rows) -> Tensor:
        if number == 0:
            planes = _planes(self.pictures.served, rows).to(self.device)
        else:
            planes = 255 * self.augment(_planes(self.pictures.canvas, rows).to(self.device) / 255)
        return normalised(planes, self.pictures.preprocessing)


def _planes(pictures: Bytes, rows: Rows) -> Tensor:
    """(B, 3, H, W) float32, 0..255; channels lie last in memory."""
    return torch.from_numpy(np.ascontiguousarray(pictures[rows])).float().permute(0, 3, 1, 2)

"""Frozen stages over many photos: on a CPU through ONNX Runtime, which takes half of torch's time for them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from shelflens.network.session import open_session
from shelflens.train.export import write_module

Forward: TypeAlias = Callable[[Tensor], Tensor]

WORTH_EXPORTING: Final = 1_000  # photos; an export takes as long as some hundreds of them


@contextmanager
def frozen_forward(frozen: nn.Module, *, size: int, photos: int, device: torch.device, path: Path) -> Iterator[Forward]:
    """(B, 3, size, size) -> what `frozen` puts out for them, of so many `photos` in all. A file at `path` may be made,
    and is taken away."""
    if device.type == "cpu" and photos >= WORTH_EXPORTING:
        with _in_onnxruntime(frozen, size, path) as forward:
            yield forward
        return
    frozen = frozen.to(device, memory_format=torch.channels_last).eval()
    with torch.no_grad():
        yield frozen


@contextmanager
def _in_onnxruntime(frozen: nn.Module, size: int, path: Path) -> Iterator[Forward]:
    """Each batch in as many parts as torch has threads, side by side: that keeps all of them at work."""
    threads = torch.get_num_threads()
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_module(copy.deepcopy(frozen).cpu().eval(), size, path, outputs=["features"])
        session = open_session(path, threads=1)
    finally:
        path.unlink(missing_ok=True)

    def part(pixels: Tensor) -> Tensor:
        (features,) = session.run(["features"], {"pixels": np.ascontiguousarray(pixels.numpy())})
        return torch.from_numpy(features)

    with ThreadPoolExecutor(threads) as pool:
        yield lambda pixels: torch.cat(list(pool.map(part, pixels.tensor_split(min(threads, len(pixels))))))

"""A fit put away after each epoch. Whole or absent; read back without ever running code from the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor


class Keeps(Protocol):
    """Has a state: modules, optimizers, schedules."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> object: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What is not in one of the parts."""

    history: tuple[dict[str, Any], ...]
    best: dict[str, Tensor] | None
    best_number: int


def write(
    path: Path, parts: Mapping[str, Keeps], history: Sequence[Any], *, best: dict[str, Tensor] | None, best_number: int
) -> None:
    """`history` are flat dataclasses."""
    state = {
        "parts": {name: part.state_dict() for name, part in parts.items()},
        "history": [dataclasses.asdict(one) for one in history],
        "best": best,
        "best_number": best_number,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)


def read(path: Path, parts: Mapping[str, Keeps], *, device: torch.device) -> Kept:
    """Puts every part into its kept state."""
    state = torch.load(path, map_location=device, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state["parts"][name])
    return Kept(tuple(state["history"]), state["best"], state["best_number"])

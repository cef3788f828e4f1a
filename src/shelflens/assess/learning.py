"""What a training wrote down about itself, epoch by epoch: `training.json` in the model's folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Epoch:
    number: int  # from 1
    train_loss: float | None = None
    held_loss: float | None = None
    held_accuracy: float | None = None  # 0..1


def read_history(path: Path) -> tuple[Epoch, ...]:
    """In order. Empty where the training wrote nothing that can be read: a report without curves is still a report."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return ()
    rows = data.get("history") if isinstance(data, dict) else None
    found = [_epoch(row, number) for number, row in enumerate(rows, 1)] if isinstance(rows, list) else []
    return tuple(epoch for epoch in found if epoch)


def _epoch(row: object, number: int) -> Epoch | None:
    if not isinstance(row, dict):
        return None

    def value(name: str) -> float | None:
        it = row.get(name)
        return float(it) if isinstance(it, int | float) and not isinstance(it, bool) else None

    return Epoch(number, value("train_loss"), value("held_loss"), value("held_accuracy"))

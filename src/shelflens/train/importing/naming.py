"""The names of a network's classes, from the files that people keep them in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shelflens.classify.labels import Labels
from shelflens.errors import ModelError


def read_labels(path: Path, *, target: str) -> Labels:
    """A text file with one name a line, in the order of the outputs; or JSON: a list of names, `class_indices` as Keras
    prints them ({"hat": 0, ...}), numbers to names ({"0": "hat", ...}), or a model's own labels.json.

    Raises ModelError that says what was wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: no labels can be read there ({error})") from None
    if not text.lstrip().startswith(("[", "{")):
        return _checked(path, [line.strip() for line in text.splitlines() if line.strip()], target)
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{path}: not JSON ({error})") from None
    if isinstance(data, dict) and "labels" in data:
        return Labels.from_json(text, where=str(path))
    if isinstance(data, dict):
        data = _ordered(path, data)
    return _checked(path, [str(name) for name in data], target)


def _ordered(path: Path, data: dict[str, Any]) -> list[str]:
    if all(isinstance(number, int) for number in data.values()):
        numbered = {number: name for name, number in data.items()}
    elif all(number.isdecimal() for number in data):
        # `imagenet_class_index.json` has ["n01440764", "tench"] for each.
        numbered = {int(number): name[-1] if isinstance(name, list) else name for number, name in data.items()}
    else:
        raise ModelError(f'{path}: is neither {{"name": number}} nor {{"number": "name"}}')
    if sorted(numbered) != list(range(len(data))):
        raise ModelError(f"{path}: the numbers must be 0 to {len(data) - 1}, each once")
    return [str(numbered[number]) for number in range(len(data))]


def _checked(path: Path, names: list[str], target: str) -> Labels:
    if len(names) < 2:
        raise ModelError(f"{path}: lists {len(names)} names; a classifier has two classes or more")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ModelError(f"{path}: lists {twice[0]!r} more than once")
    return Labels(target, tuple(names))

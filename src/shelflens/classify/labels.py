"""The classes of a trained model: their names, coarser groups of them, and the temperature that calibrates them.

A model folder keeps them in `labels.json`, beside the network.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import ModelError
from shelflens.types import Product

FORMAT = 1
_FIELDS = ("format", "target", "labels", "groups", "temperature")
_PRODUCT_FIELDS = ("product_id", "title", "description", "brand", "category", "url")


@dataclass(frozen=True, slots=True)
class Group:
    """A coarser column that every label has one value of: the category of each product."""

    name: str  # "category"
    of_labels: tuple[str, ...]  # per label, in the labels' order

    @property
    def values(self) -> tuple[str, ...]:
        """Each once, sorted."""
        return tuple(sorted(set(self.of_labels)))

    def places(self) -> NDArray[np.int64]:
        """(labels,): each label's value, as its place in `values`."""
        place = {value: number for number, value in enumerate(self.values)}
        return np.array([place[value] for value in self.of_labels], dtype=np.int64)

    def sums(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, labels) -> (N, values): a value is as probable as its labels together."""
        coarse = np.zeros((len(probabilities), len(self.values)))
        np.add.at(coarse.T, self.places(), probabilities.T)
        return coarse


@dataclass(frozen=True, slots=True)
class Labels:
    """What a model can answer. `names` are in the order of its outputs."""

    target: str  # the column that was learnt: "product_id", "category", any other
    names: tuple[str, ...]  # at least two, each once
    groups: tuple[Group, ...] = ()
    temperature: float = 1.0  # logits are divided by it before the softmax (Guo et al. 2017)

    def group(self, name: str) -> Group:
        return next(group for group in self.groups if group.name == name)

    def to_json(self) -> str:
        return json.dumps(
            {
                "format": FORMAT,
                "target": self.target,
                "labels": list(self.names),
                "groups": {group.name: list(group.of_labels) for group in self.groups},
                "temperature": self.temperature,
            },
            indent=2,
            ensure_ascii=False,
        )

    @classmethod
    def read(cls, path: Path) -> Labels:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ModelError(f"{path}: the model's labels cannot be read there ({reason})") from None
        return cls.from_json(text, where=str(path))

    @classmethod
    def from_json(cls, text: str, *, where: str) -> Labels:
        """Raises ModelError that names the field at fault; `where` is the file for the message."""
        try:
            data: dict[str, Any] = json.loads(text)
        except ValueError as error:
            raise ModelError(f"{where}: not JSON ({error})") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ModelError(f'{where}: "format" must be {FORMAT}; this is another version or no list of labels')
        if unknown := sorted(set(data) - set(_FIELDS)):
            raise ModelError(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(_FIELDS)}")
        target = data.get("target")
        if not isinstance(target, str) or not target:
            raise ModelError(f'{where}: "target" must name the column that was learnt, such as "product_id"')
        names = _names(data.get("labels"), where=where)
        return cls(
            target=target,
            names=names,
            groups=_groups(data.get("groups", {}), labels=len(names), where=where),
            temperature=_temperature(data.get("temperature", 1.0), where=where),
        )


def value_of(product: Product, column: str) -> str:
    """What a product has in a column, as a label; empty where it has nothing there."""
    if column in _PRODUCT_FIELDS:
        return str(getattr(product, column))
    value = product.attributes.get(column, "")
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else value


def _names(value: object, *, where: str) -> tuple[str, ...]:
    if not _texts(value):
        raise ModelError(f'{where}: "labels" must be a list of names, one per class, in the order of the outputs')
    assert isinstance(value, list)
    if len(value) < 2:
        raise ModelError(f'{where}: "labels" must hold two names or more, not {len(value)}')
    if twice := sorted({name for name in value if value.count(name) > 1}):
        raise ModelError(f'{where}: "labels" holds {twice[0]!r} more than once')
    return tuple(value)


def _groups(value: object, *, labels: int, where: str) -> tuple[Group, ...]:
    if not isinstance(value, Mapping):
        raise ModelError(f'{where}: "groups" must be an object: column -> a list with each label\'s value')
    for name, of_labels in value.items():
        if not _texts(of_labels) or len(of_labels) != labels:
            raise ModelError(f'{where}: "groups" {name!r} must be a list of {labels} values, one per label')
    return tuple(Group(name, tuple(of_labels)) for name, of_labels in value.items())


def _temperature(value: object, *, where: str) -> float:
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    if not (math.isfinite(number) and number > 0):
        raise ModelError(f'{where}: "temperature" must be a number above 0, not {value!r}')
    return number


def _texts(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(item, str) for item in value)

"""Everything that decides what a run learns, as one value. Recipes set defaults, `--set NAME=VALUE` changes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args, get_type_hints

from shelflens.errors import ShelflensError
from shelflens.types import Fit

FITS = ("", *get_args(Fit))


@dataclass(frozen=True, slots=True)
class Settings:
    """Defaults here are neutral; `recipes/NAME.py` holds what has been found to work."""

    epochs: int = 10
    batch: int = 64  # photos
    learning_rate: float = 1e-3  # the peak of the one-cycle schedule
    pretrained_rate: float = 1.0  # times learning_rate, for weights that are already trained
    weight_decay: float = 1e-2  # L2, decoupled (AdamW)
    l1: float = 0.0  # weight of the sum of absolute weights in the loss
    dropout: float = 0.2  # before the classifier
    loss: str = "ce+0.5*supcon"  # `shelflens.train.losses` lists the terms
    label_smoothing: float = 0.1
    class_weights: bool = False  # a class counts inversely to its photos
    sampler: str = "shuffled"  # shuffled, balanced, pxk
    photos_per_class: int = 4  # in a batch of the sampler pxk: its K
    augmentation: str = "none"  # none, flip, light, strong
    views: int = 4  # of each photo, where features are cached: as it is served, then augmented ones
    mixup: float = 0.0  # alpha of MixUp's Beta distribution; 0: off
    cutmix: float = 0.0  # alpha of CutMix's
    average: str = "none"  # none, ema, swa: what becomes of the weights of each step
    patience: int = 0  # epochs without a better held-out loss before it stops; 0: never
    embedding: int = 256  # components of the learned vector; 0: the pooled features themselves
    blend: float = 0.2  # share of the frozen vector in the exported one's cosine, 0..1: for products not in training
    neighbours: float = 0.0  # share of the nearest training photos in the probabilities; their vectors are exported
    fit: str = ""  # pad (made square with a margin), crop (its middle), squash; empty: as the backbone says
    crop_share: float = 0.0  # of what pad or crop makes square, how much of the side is shown; 0: as the backbone says
    mirror: bool = False  # served as the mean of the photo and its mirror image: better, and twice the time
    frozen_stages: int = 0  # of the backbone, for the recipe `partial`; 0: as the backbone says
    catalogue_pictures: int = 4  # that join each batch, of products that are in it

    def __post_init__(self) -> None:
        if self.fit not in FITS:
            raise ShelflensError(f"setting fit must be {', '.join(FITS[1:])} or nothing, not {self.fit!r}")
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ShelflensError(f"setting {name} must be from {low:g} to {high:g}, not {value:g}")


_RANGES = (
    ("epochs", 1, 10_000), ("batch", 2, 65_536), ("learning_rate", 1e-8, 100), ("pretrained_rate", 0, 10),
    ("weight_decay", 0, 100), ("l1", 0, 100), ("dropout", 0, 0.95), ("label_smoothing", 0, 0.9),
    ("photos_per_class", 2, 1024), ("views", 1, 64), ("mixup", 0, 10), ("cutmix", 0, 10), ("patience", 0, 10_000),
    ("embedding", 0, 8192), ("blend", 0, 0.95), ("neighbours", 0, 1), ("crop_share", 0, 1), ("frozen_stages", 0, 1000),
    ("catalogue_pictures", 0, 1000),
)  # fmt: skip


def changed(settings: Settings, changes: Iterable[str]) -> Settings:
    """`settings` with `NAME=VALUE`s applied. Raises ShelflensError that names the setting."""
    types = get_type_hints(Settings)
    values: dict[str, object] = {}
    for change in changes:
        name, equals, text = (part.strip() for part in change.partition("="))
        if name not in types or not equals:
            raise ShelflensError(f"--set {change}: is not NAME=VALUE with a name among {', '.join(types)}")
        values[name] = _value(name, text, types[name])
    return dataclasses.replace(settings, **values)  # type: ignore[arg-type]  # _value() returns the field's type


def _value(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise ShelflensError(f"setting {name} must be true or false, not {text!r}")
        return text.lower() == "true"
    try:
        return kind(text)
    except ValueError:
        words = "a whole number" if kind is int else "a number"
        raise ShelflensError(f"setting {name} must be {words}, not {text!r}") from None

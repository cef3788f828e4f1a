"""What a model folder says of its making: training.json."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass

from shelflens.train.export import Parity
from shelflens.train.fitting import Epoch
from shelflens.train.judging import Judgement
from shelflens.train.settings import Settings
from shelflens.train.tuning import Tuned

FORMAT = 1


@dataclass(frozen=True, slots=True)
class DataFacts:
    digest: str  # of all photos' contents and labels, and of how they were prepared
    train: int  # photos
    held_out: int
    catalogue: int
    own_validation: bool  # the photos held out came from a source of their own
    per_class: tuple[int, ...]  # training photos, in the order of labels.json


@dataclass(frozen=True, slots=True)
class Member:
    """One network that was trained."""

    recipe: str
    model: str
    seed: int
    settings: Settings
    history: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One run, with everything that is needed to do it again and to judge it."""

    shelflens: str  # version
    seed: int
    target: str
    classes: int
    data: DataFacts
    members: tuple[Member, ...]
    held_out: Judgement  # of model.onnx
    held_out_int8: Judgement  # of model.int8.onnx
    parity: Parity
    tuned: Tuned | None
    durations: Mapping[str, float]  # seconds by stage
    device: str
    threads: int
    versions: Mapping[str, str]

    @property
    def recipe(self) -> str:
        """Of the first member."""
        return self.members[0].recipe

    @property
    def settings(self) -> Settings:
        """Of the first member."""
        return self.members[0].settings

    @property
    def int8_loss(self) -> float:
        """Accuracy that int8 costs; below 0 where it gains."""
        return self.held_out.accuracy - self.held_out_int8.accuracy

    def to_json(self) -> str:
        """`recipe`, `settings` and `history` are the first member's, for those who ask for one."""
        values = dataclasses.asdict(self)
        first = values["members"][0]
        shown = {name: first[name] for name in ("recipe", "settings", "history")}
        return json.dumps({"format": FORMAT, **shown, **values}, indent=2, ensure_ascii=False)

"""Weights averaged over steps or epochs: flatter minima, steadier results, no cost when served."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from shelflens.errors import ShelflensError

_SWA_FROM = 0.6  # of the epochs have passed before the average begins


class Average(Protocol):
    """Watches a learner."""

    @property
    def judged(self) -> nn.Module:
        """The network that is judged and, in the end, exported."""
        ...

    def after_step(self) -> None: ...

    def after_epoch(self, number: int) -> None: ...

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state_dict: dict[str, Any]) -> object: ...


def averaging(name: str, learner: nn.Module, *, steps: int, epochs: int) -> Average:
    """`steps` of an epoch. Raises ShelflensError that lists what there is."""
    if name == "none":
        return Last(learner)
    if name == "ema":
        return ExponentialAverage(learner, steps=steps)
    if name == "swa":
        return EpochAverage(learner, first=max(1, round(_SWA_FROM * epochs)))
    raise ShelflensError(f"no average called {name!r}; there is none, ema, swa")


class Last:
    """No average: the weights as they are."""

    def __init__(self, learner: nn.Module) -> None:
        self.judged = learner

    def after_step(self) -> None:
        pass

    def after_epoch(self, number: int) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        return state_dict


class ExponentialAverage:
    """Each step counts a little, old ones less and less; about an epoch is remembered, at most 100 steps."""

    def __init__(self, learner: nn.Module, *, steps: int) -> None:
        self._learner = learner
        most = 1 - 1 / min(max(10, steps), 100)

        def mean(old: Tensor, new: Tensor, count: Tensor) -> Tensor:
            """At first a plain mean of what there is, so that the untrained weights are soon forgotten."""
            return old.lerp(new, 1 - min(most, float(count / (count + 10)))) if old.is_floating_point() else new

        self._average = AveragedModel(learner, avg_fn=mean, use_buffers=True)

    @property
    def judged(self) -> nn.Module:
        return self._average.module

    def after_step(self) -> None:
        self._average.update_parameters(self._learner)

    def after_epoch(self, number: int) -> None:
        pass

    def state_dict(self) -> dict[str, Any]:
        return self._average.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        return self._average.load_state_dict(state_dict)


class EpochAverage:
    """Stochastic weight averaging (Izmailov et al. 2018): the last epochs count the same."""

    def __init__(self, learner: nn.Module, *, first: int) -> None:
        self._learner, self._first = learner, first
        self._average = AveragedModel(learner, use_buffers=True)

    @property
    def judged(self) -> nn.Module:
        return self._average.module if int(self._average.n_averaged) else self._learner

    def after_step(self) -> None:
        pass

    def after_epoch(self, number: int) -> None:
        if number >= self._first:
            self._average.update_parameters(self._learner)

    def state_dict(self) -> dict[str, Any]:
        return self._average.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> object:
        return self._average.load_state_dict(state_dict)

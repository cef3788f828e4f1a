"""Several trained networks, or several looks of one, as one network."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from shelflens.errors import ShelflensError
from shelflens.train.learner import Output, Served, unit


class Mirrored(nn.Module):
    """The mean of what a network says of a photo and of its mirror image."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Output:
        """Both go through the network in one batch, so that the exported graph holds it once."""
        vectors, logits, maps = self.network(torch.cat([pixels, pixels.flip(3)]))
        shares = logits.softmax(dim=1).unflatten(0, (2, -1)).mean(dim=0)
        straight = None if maps is None else maps.unflatten(0, (2, -1))[0]
        return Output(unit(vectors.unflatten(0, (2, -1)).sum(dim=0)), shares.clamp_min(1e-12).log(), straight)


class SideBySide(nn.Module):
    """Mean probabilities, and vectors one behind the other: their cosine is the mean of the members'."""

    def __init__(self, members: Sequence[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, pixels: Tensor) -> Output:
        outputs: list[Output] = [member(pixels) for member in self.members]
        shares = torch.stack([output.logits.softmax(dim=1) for output in outputs]).mean(dim=0)
        vectors = torch.cat([output.vectors for output in outputs], dim=1) / math.sqrt(len(outputs))
        return Output(vectors, shares.clamp_min(1e-12).log(), None)


def scores(members: Sequence[Served]) -> nn.Module:
    """Costs as much as all members together."""
    return SideBySide(members)


def soup(members: Sequence[Served]) -> nn.Module:
    """One network with the mean of the members' weights (Wortsman et al. 2022); costs as much as one.

    The members must have begun with the same weights. Raises ShelflensError when they are of different backbones.
    """
    states = [member.state_dict() for member in members]
    shapes = [{name: value.shape for name, value in state.items()} for state in states]
    if any(shape != shapes[0] for shape in shapes):
        raise ShelflensError("a soup needs members of one backbone; fuse different ones by scores: --fuse scores")
    mean = {
        name: torch.stack([state[name] for state in states]).mean(dim=0) if value.is_floating_point() else value
        for name, value in states[0].items()
    }
    network = copy.deepcopy(members[0])
    network.load_state_dict(mean)
    return network


FUSIONS: Mapping[str, Callable[[Sequence[Served]], nn.Module]] = {"scores": scores, "soup": soup}

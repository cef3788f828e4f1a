"""Photos changed as a customer's might be: cut, turned, lit otherwise, half covered. kornia does the work.

Random numbers come from torch's generator: seed it, and the same pictures come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import torch
from kornia import augmentation as kornia
from torch import Tensor, nn

from shelflens.errors import ShelflensError
from shelflens.types import Preprocessing

Augment: TypeAlias = Callable[[Tensor], Tensor]  # (B, 3, canvas, canvas) -> (B, 3, size, size), both 0..1


def augmentation(name: str, size: int) -> Augment:
    """The pipeline of this name from canvases to pictures of `size` pixels. Raises ShelflensError."""
    if name not in PIPELINES:
        raise ShelflensError(f"no augmentation called {name!r}; there is {', '.join(PIPELINES)}")
    return nn.Sequential(*PIPELINES[name](size))


def _none(size: int) -> list[nn.Module]:
    return [kornia.Resize((size, size))]


def _flip(size: int) -> list[nn.Module]:
    """Cut a little otherwise, and mirrored half of the time."""
    return [
        kornia.RandomResizedCrop((size, size), scale=(0.75, 1.0), ratio=(1.0, 1.0)),
        kornia.RandomHorizontalFlip(),
    ]


def _light(size: int) -> list[nn.Module]:
    """What never changes what a product is: nearer or farther, mirrored, in another light."""
    return [
        kornia.RandomResizedCrop((size, size), scale=(0.4, 1.0), ratio=(0.75, 1.33)),
        kornia.RandomHorizontalFlip(),
        kornia.RandomBrightness((0.75, 1.25)),
        kornia.RandomContrast((0.75, 1.25)),
        kornia.RandomSaturation((0.7, 1.3)),
    ]


def _strong(size: int) -> list[nn.Module]:
    """For small training sets and many epochs: turned and sheared, colours off, blurred, covered."""
    return [
        kornia.RandomAffine(20, translate=(0.08, 0.08), scale=(0.8, 1.2), shear=(-8, 8), padding_mode="border", p=0.7),
        kornia.RandomResizedCrop((size, size), scale=(0.3, 1.0), ratio=(0.75, 1.33)),
        kornia.RandomHorizontalFlip(),
        kornia.ColorJiggle(0.3, 0.3, 0.3, 0.03, p=0.7),
        kornia.RandomGaussianBlur((5, 5), (0.1, 1.5), p=0.15),
        kornia.RandomErasing(scale=(0.02, 0.15), p=0.25),
    ]


PIPELINES: dict[str, Callable[[int], list[nn.Module]]] = {
    "none": _none,
    "flip": _flip,
    "light": _light,
    "strong": _strong,
}


def normalised(pixels: Tensor, preprocessing: Preprocessing) -> Tensor:
    """(B, 3, H, W), 0..255, to what the network takes: the very arithmetic of `shelflens.picture.pixels`."""
    mean = torch.tensor(preprocessing.mean, dtype=torch.float32, device=pixels.device)[:, None, None]
    std = torch.tensor(preprocessing.std, dtype=torch.float32, device=pixels.device)[:, None, None]
    return (pixels - mean) / std


def mixed(
    inputs: Tensor, truth: Tensor, *, mixup: float, cutmix: float, random: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Each example with another one of the batch in it. `inputs` (B, C, H, W), `truth` (B, classes) shares.

    MixUp (Zhang et al. 2018) fades two pictures into each other, CutMix (Yun et al. 2019) pastes a rectangle; the
    shares of the classes follow. With both on, each batch takes one of them. The arguments are the alphas of their Beta
    distributions; 0 is off. Cached feature maps are mixed in the same way (manifold mixup, Verma et al. 2019).
    """
    ways = [way for way, alpha in (("fade", mixup), ("paste", cutmix)) if alpha > 0]
    if not ways:
        return inputs, truth
    way = ways[int(random.integers(len(ways)))]
    alpha = mixup if way == "fade" else cutmix
    keep = float(random.beta(alpha, alpha))
    other = torch.from_numpy(random.permutation(len(inputs))).to(inputs.device)
    if way == "fade" or inputs.ndim != 4:
        return keep * inputs + (1 - keep) * inputs[other], keep * truth + (1 - keep) * truth[other]
    height, width = inputs.shape[2:]
    side = np.sqrt(1 - keep)
    tall, wide = round(height * side), round(width * side)
    top, left = int(random.integers(height - tall + 1)), int(random.integers(width - wide + 1))
    pasted = inputs.clone()
    pasted[:, :, top : top + tall, left : left + wide] = inputs[other, :, top : top + tall, left : left + wide]
    share = tall * wide / (height * width)  # of the pasted rectangle, after rounding
    return pasted, (1 - share) * truth + share * truth[other]

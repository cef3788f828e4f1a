"""ViT, DINOv2, SigLIP, ConvNeXt and other vision networks of transformers, from the hub or from a folder.

The pixels go our own way; of the model's processor only the numbers are read. Weights are safetensors or nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from shelflens.errors import ModelError
from shelflens.train.backbones.base import Backbone
from shelflens.train.backbones.options import split_options
from shelflens.types import Preprocessing

_HALF, _IMAGENET_MEAN, _IMAGENET_STD = (0.5,) * 3, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_RESAMPLE: dict[int, Literal["bicubic", "bilinear", "lanczos"]] = {
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
}  # Pillow's


def transformers_network(reference: str) -> Backbone:
    """`hf:facebook/dinov2-small`, `hf:PATH` of a folder that `save_pretrained` wrote; `:weights=random` takes only the
    architecture from either."""
    name, options = split_options("hf", reference, known=("weights",))
    if options.get("weights", "random") != "random":
        raise ModelError(f"hf:{reference}: weights can be random; others come with the name or the folder")
    if find_spec("transformers") is None:
        raise ModelError("hf: needs transformers; run: pip install 'shelflens[import]'")
    model, numbers = _model(name, random=options.get("weights") == "random")
    kind = model.config.model_type
    parts = _PARTS.get(kind, _whole)(model)
    preprocessing = _preprocessing(numbers, model.config)
    with torch.no_grad():
        out = nn.Sequential(*parts).eval()(torch.zeros(1, 3, preprocessing.size, preprocessing.size))
    return Backbone(
        name=f"hf:{reference}",
        stages=nn.Sequential(*parts).eval(),
        dimension=int(out.shape[1]),
        preprocessing=preprocessing,
        licence="unknown",
        cut=max(1, (2 * len(parts)) // 3),
        source=f"{name}, {kind} of transformers" + (", random weights" if options else "; see there for its licence"),
    )


def _model(name: str, *, random: bool) -> tuple[Any, dict[str, Any]]:
    """The vision network, in evaluation mode, and its processor's numbers."""
    from transformers import AutoConfig, AutoModel
    from transformers.utils import cached_file

    try:
        config = AutoConfig.from_pretrained(name)
        if random:
            model = AutoModel.from_config(getattr(config, "vision_config", config))
        else:
            model = AutoModel.from_pretrained(name, use_safetensors=True)
        found = cached_file(name, "preprocessor_config.json", _raise_exceptions_for_missing_entries=False)
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ModelError(
            f"hf:{name}: is neither a folder of a transformers network nor in the hub's cache, and cannot be "
            f"downloaded ({first}). On a machine with network run `hf download {name} --local-dir FOLDER`, copy "
            "the folder here and use hf:FOLDER"
        ) from None
    numbers: dict[str, Any] = json.loads(Path(found).read_text(encoding="utf-8")) if found else {}
    return getattr(model, "vision_model", model).float().eval(), numbers


# -- how a network falls into stages


class _Layer(nn.Module):
    """Tokens (B, T, D) to tokens; layers take more than that and some give more."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, tokens: Tensor) -> Tensor:
        out = self.layer(tokens, None)
        return out[0] if isinstance(out, tuple) else out


class _First(nn.Module):
    """The normalised first token: (B, T, D) -> (B, D)."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, tokens: Tensor) -> Tensor:
        return self.norm(tokens)[:, 0]


class _Averaged(nn.Module):
    """The normalised mean of a map: (B, D, h, w) -> (B, D)."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, maps: Tensor) -> Tensor:
        return self.norm(maps.mean(dim=(2, 3)))


class _Whole(nn.Module):
    """A network of a kind that is not known here, in one piece."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        out = self.network(pixel_values=pixels)
        if getattr(out, "pooler_output", None) is not None:
            return out.pooler_output.flatten(1)
        hidden = out.last_hidden_state
        return hidden if hidden.ndim == 4 else hidden[:, 0]


def _vit(model: Any) -> list[nn.Module]:
    return [model.embeddings, *map(_Layer, model.layers), _First(model.layernorm)]


def _dinov2(model: Any) -> list[nn.Module]:
    return [model.embeddings, *map(_Layer, model.encoder.layer), _First(model.layernorm)]


def _siglip(model: Any) -> list[nn.Module]:
    head = nn.Sequential(model.post_layernorm, model.head) if model.use_head else _First(model.post_layernorm)
    return [model.embeddings, *map(_Layer, model.encoder.layers), head]


def _convnext(model: Any) -> list[nn.Module]:
    return [model.embeddings, *model.encoder.stages, _Averaged(model.layernorm)]


def _whole(model: Any) -> list[nn.Module]:
    return [_Whole(model)]


_PARTS: dict[str, Callable[[Any], list[nn.Module]]] = {
    "vit": _vit,
    "dinov2": _dinov2,
    "siglip_vision_model": _siglip,
    "convnext": _convnext,
}


# -- how it wants its pixels


def _preprocessing(numbers: dict[str, Any], config: Any) -> Preprocessing:
    """From `preprocessor_config.json`; where there is none, what the kind of network is usually trained with."""
    imagenet = config.model_type in ("dinov2", "convnext", "dinov3_vit", "resnet")
    mean = numbers.get("image_mean") or (_IMAGENET_MEAN if imagenet else _HALF)
    std = numbers.get("image_std") or (_IMAGENET_STD if imagenet else _HALF)
    scale = 1 / numbers.get("rescale_factor", 1 / 255) if numbers.get("do_rescale", True) else 1.0
    if not numbers.get("do_normalize", True):
        mean, std = (0.0,) * 3, (1.0,) * 3
    wanted, share = _size(numbers, int(getattr(config, "image_size", 224)))
    red, green, blue = (float(value) * scale for value in mean)
    red_std, green_std, blue_std = (float(value) * scale for value in std)
    return Preprocessing(
        size=wanted,
        fit="squash" if share is None else "crop",
        crop_share=0.875 if share is None else share,
        resample=_RESAMPLE.get(int(numbers.get("resample", 3)), "bicubic"),
        mean=(red, green, blue),
        std=(red_std, green_std, blue_std),
    )


def _size(numbers: dict[str, Any], usual: int) -> tuple[int, float | None]:
    """Pixels, and the share of the short side that a crop keeps; None: squashed."""
    size = numbers.get("size", usual)
    sides: dict[str, int] = {"shortest_edge": size} if isinstance(size, int) else size
    short = int(sides.get("shortest_edge") or 0)
    if numbers.get("do_center_crop"):
        crop = numbers.get("crop_size", usual)
        crop = int(crop if isinstance(crop, int) else crop["height"])
        return crop, min(1.0, crop / (short or crop))
    if share := numbers.get("crop_pct"):  # ConvNeXt: resized to size / share, then cut
        return short or usual, float(share)
    return int(sides.get("height") or short or usual), None

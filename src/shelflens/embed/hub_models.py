"""The hub models that shelflens knows, as data. Adding one is one entry here; nothing else changes.

Repositories, tensor names and constants are from the repositories' own configuration files as people quote them;
docs/models.md says which of them have been run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from shelflens.manifest import Pooling
from shelflens.types import Preprocessing


@dataclass(frozen=True, slots=True)
class TextSide:
    """The text encoder beside an image encoder: its vectors lie in the same space."""

    output: str
    length: int  # tokens at most
    padded: int | None = None  # the token that fills up to `length`, where the model learnt on full lengths
    files: tuple[str, ...] = ("onnx/text_model.onnx", "tokenizer.json")
    lower: bool = False  # are words made small first, where the tokenizer does not do so itself?
    megabytes: int = 250


@dataclass(frozen=True, slots=True)
class HubModel:
    """A ready ONNX export of an image encoder on the Hugging Face hub."""

    repository: str  # "owner/name"
    original: str  # the repository that it was exported from, for those who export themselves
    files: tuple[str, ...]  # the graph first, then external weights
    megabytes: int  # to download
    output: str
    pooling: Pooling
    dimension: int
    preprocessing: Preprocessing
    licence: str
    paper: str
    input: str = "pixel_values"
    revision: str = "main"  # a commit, where one is known to be good
    sha256: str = ""  # of the files' bytes, where it is known; otherwise the first download settles it
    text: TextSide | None = None  # of a model that knows words too


#: Mean and deviation of R, G, B in 0..1, as `preprocessor_config.json` has them.
_Normalisation: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float]]
_IMAGENET: _Normalisation = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_OPENAI: _Normalisation = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
_HALF: _Normalisation = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_NONE: _Normalisation = ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def _preprocessing(
    size: int, normalisation: _Normalisation, *, crop_share: float | None = None, bilinear: bool = False
) -> Preprocessing:
    """No `crop_share` means squashed to a square."""
    (red, green, blue), (red_std, green_std, blue_std) = normalisation
    return Preprocessing(
        size=size,
        fit="squash" if crop_share is None else "crop",
        crop_share=0.875 if crop_share is None else crop_share,
        resample="bilinear" if bilinear else "bicubic",
        mean=(255 * red, 255 * green, 255 * blue),
        std=(255 * red_std, 255 * green_std, 255 * blue_std),
    )


_DINOV2_PAPER = "Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, TMLR 2024"

HUB_MODELS: dict[str, HubModel] = {
    "dinov2-small": HubModel(
        repository="Xenova/dinov2-small",
        original="facebook/dinov2-small",
        files=("onnx/model.onnx",),
        megabytes=88,
        output="last_hidden_state",
        pooling="cls",
        dimension=384,
        preprocessing=_preprocessing(224, _IMAGENET, crop_share=224 / 256),
        licence="Apache-2.0",
        paper=_DINOV2_PAPER,
    ),
    "dinov2-base": HubModel(
        repository="Xenova/dinov2-base",
        original="facebook/dinov2-base",
        files=("onnx/model.onnx",),
        megabytes=347,
        output="last_hidden_state",
        pooling="cls",
        dimension=768,
        preprocessing=_preprocessing(224, _IMAGENET, crop_share=224 / 256),
        licence="Apache-2.0",
        paper=_DINOV2_PAPER,
    ),
    "dinov3-small": HubModel(
        repository="onnx-community/dinov3-vits16-pretrain-lvd1689m-ONNX",
        original="facebook/dinov3-vits16-pretrain-lvd1689m",
        files=("onnx/model.onnx", "onnx/model.onnx_data"),
        megabytes=86,
        output="last_hidden_state",
        pooling="cls",
        dimension=384,
        preprocessing=_preprocessing(224, _IMAGENET, bilinear=True),
        licence="LicenseRef-DINOv3",
        paper="Siméoni et al., DINOv3, arXiv:2508.10104, 2025",
    ),
    "siglip2-base": HubModel(
        repository="onnx-community/siglip2-base-patch16-224-ONNX",
        original="google/siglip2-base-patch16-224",
        files=("onnx/vision_model.onnx",),
        megabytes=372,
        output="pooler_output",
        pooling="none",
        dimension=768,
        preprocessing=_preprocessing(224, _HALF, bilinear=True),
        licence="Apache-2.0",
        paper="Tschannen et al., SigLIP 2, arXiv:2502.14786, 2025",
        revision="ba1f3b0843f24bc5417d38e19c37b287d719b2f4",
        sha256="c0573e3f4140c3a7c4e9cc5912bd6b26a033b46a6a8e8af26cbea262b163bcad",
        text=TextSide("pooler_output", length=64, padded=0, lower=True, megabytes=1_130),
    ),
    "mobileclip-s0": HubModel(
        repository="Xenova/mobileclip_s0",
        original="apple/MobileCLIP-S0",
        files=("onnx/vision_model.onnx",),
        megabytes=46,
        output="image_embeds",
        pooling="none",
        dimension=512,
        preprocessing=_preprocessing(256, _NONE, crop_share=1.0, bilinear=True),
        licence="LicenseRef-apple-amlr",
        paper="Vasu et al., MobileCLIP: Fast Image-Text Models through Multi-Modal Reinforced Training, CVPR 2024",
        revision="757d59c9c6870a76a4b0306f05f5061bca15c39f",
        sha256="17d3c037b1d488c10c50e09f6009ea5a198caef4e0e8f4ea5617b7cb2d067ac0",
        text=TextSide("text_embeds", length=77, padded=0, megabytes=170),
    ),
    "clip-base": HubModel(
        repository="Xenova/clip-vit-base-patch32",
        original="openai/clip-vit-base-patch32",
        files=("onnx/vision_model.onnx",),
        megabytes=352,
        output="image_embeds",
        pooling="none",
        dimension=512,
        preprocessing=_preprocessing(224, _OPENAI, crop_share=1.0),
        licence="MIT",
        paper="Radford et al., Learning Transferable Visual Models From Natural Language Supervision, ICML 2021",
        revision="d15189d7028b43f1d3e65039190477f6af591c2a",
        text=TextSide("text_embeds", length=77, megabytes=254),
    ),
}

"""transformers networks as stages of torch, small and with random weights."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers", reason="networks of transformers need the extra `import`")

import transformers

from shelflens.errors import ModelError
from shelflens.train.backbones.base import pooled
from shelflens.train.backbones.loading import load_backbone

SIDE = 32
_SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": SIDE, "patch_size": 8}
CONFIGS: dict[str, Callable[[], Any]] = {
    "vit": lambda: transformers.ViTConfig(**_SMALL, intermediate_size=32),
    "dinov2": lambda: transformers.Dinov2Config(**_SMALL, mlp_ratio=2),
    "siglip": lambda: transformers.SiglipVisionConfig(**_SMALL, intermediate_size=32),
    "convnext": lambda: transformers.ConvNextConfig(hidden_sizes=[8, 12, 16, 16], depths=[1] * 4, image_size=SIDE),
    "resnet": lambda: transformers.ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1]),
}
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def run(kind: str, processor: dict[str, object] | None = None) -> Path:
        torch.manual_seed(4)
        model = transformers.AutoModel.from_config(CONFIGS[kind]()).eval()
        model.save_pretrained(tmp_path / kind)
        given = processor or {"size": {"height": SIDE, "width": SIDE}}
        (tmp_path / kind / "preprocessor_config.json").write_text(json.dumps(given))
        return tmp_path / kind

    return run


@pytest.mark.parametrize("kind", CONFIGS)
def test_stages_in_a_row_are_the_network(kind: str, save: Save) -> None:
    folder = save(kind)
    backbone = load_backbone(f"hf:{folder}")
    pixels = torch.randn(2, 3, SIDE, SIDE)
    whole = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        out = whole(pixels)
        # ViT's pooler was trained for sentence pairs that pictures do not have: its first token is the vector.
        expected = out.last_hidden_state[:, 0] if kind == "vit" else out.pooler_output.flatten(1)
        torch.testing.assert_close(pooled(backbone.stages(pixels)), expected, atol=1e-5, rtol=1e-5)
    assert backbone.dimension == expected.shape[1]
    assert len(backbone.stages) == {"vit": 5, "dinov2": 5, "siglip": 5, "convnext": 6, "resnet": 1}[kind]


@pytest.mark.parametrize("kind", CONFIGS)
def test_a_copy_learns_and_the_original_stays(kind: str, save: Save) -> None:
    backbone = load_backbone(f"hf:{save(kind)}")
    digest = backbone.digest
    copied = copy.deepcopy(backbone.stages).train()
    pooled(copied(torch.randn(2, 3, SIDE, SIDE))).square().mean().backward()
    torch.optim.SGD(copied.parameters(), lr=0.1).step()
    assert backbone.digest == digest


def test_random_weights_take_the_architecture_only(save: Save) -> None:
    folder = save("dinov2")
    given, random = load_backbone(f"hf:{folder}"), load_backbone(f"hf:{folder}:weights=random")
    assert given.digest != random.digest
    assert given.dimension == random.dimension


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        (
            {
                "size": {"shortest_edge": 40}, "crop_size": {"height": 32, "width": 32}, "do_center_crop": True,
                "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "resample": 3,
            },
            (32, "crop", 0.8, "bicubic", 123.675, 58.395),
        ),
        (
            {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2},
            (32, "squash", 0.875, "bilinear", 127.5, 127.5),
        ),
        ({"size": 32, "do_center_crop": True, "crop_size": 32}, (32, "crop", 1.0, "bicubic", 123.675, 58.395)),
        ({"size": {"shortest_edge": 32}, "crop_pct": 0.875}, (32, "crop", 0.875, "bicubic", 123.675, 58.395)),
        ({"size": 32, "do_normalize": False}, (32, "squash", 0.875, "bicubic", 0.0, 255.0)),
    ],
)  # fmt: skip
def test_pixels_are_prepared_as_the_processor_says(
    processor: dict[str, object], expected: tuple[object, ...], save: Save
) -> None:
    its = load_backbone(f"hf:{save('dinov2', processor)}").preprocessing
    found = (its.size, its.fit, its.crop_share, its.resample, its.mean[0], its.std[0])
    assert found == pytest.approx(expected) if all(isinstance(x, float) for x in expected) else found == expected


def test_a_network_that_cannot_be_had_says_how_to_bring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"hf download nobody/nothing --local-dir FOLDER.*hf:FOLDER"):
        load_backbone("hf:nobody/nothing")


def test_pickled_weights_are_refused(save: Save, tmp_path: Path) -> None:
    folder = save("vit")
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="safetensors"):
        load_backbone(f"hf:{folder}")

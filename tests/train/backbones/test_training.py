"""From a network of another framework to a model that is served without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
os.environ["KERAS_BACKEND"] = "torch"
pytest.importorskip("keras", reason="Keras networks need the extra `import`")
pytest.importorskip("transformers", reason="networks of transformers need the extra `import`")

import keras
import transformers
from click.testing import CliRunner
from tests.train.conftest import SIZE

from shelflens.cli.main import main

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # keras's own, when it saves and copies
SERVING = """
import sys
for name in ("torch", "keras", "transformers"):
    sys.modules[name] = None
from PIL import Image
from shelflens.classify.loading import load_classifier
from shelflens.embed.loading import load_embedder
model = load_classifier(sys.argv[1])
print(model.labels.names[model.classify([Image.open(sys.argv[2]).convert("RGB")])[0].argmax()])
load_embedder(f"onnx:{sys.argv[1]}/model.onnx")
"""


@pytest.fixture
def keras_file(tmp_path: Path) -> str:
    keras.utils.set_random_seed(1)
    layers = keras.layers
    maps = [layers.Conv2D(width, 3, strides=2, activation="relu") for width in (8, 16, 16)]
    keras.Sequential([layers.Input((SIZE, SIZE, 3)), *maps]).save(tmp_path / "small.keras")
    return f"keras:{tmp_path}/small.keras:pixels=tf"


@pytest.fixture
def vit_folder(tmp_path: Path) -> str:
    torch.manual_seed(1)
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64, image_size=SIZE, patch_size=12
    )
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path / "vit")
    return f"hf:{tmp_path}/vit"


@pytest.mark.parametrize(("network", "recipe"), [("keras_file", "full"), ("vit_folder", "partial")])
def test_a_network_of_another_framework_learns_and_is_served_without_it(
    network: str, recipe: str, folders: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(network)
    settings = ["learning_rate=0.01", "pretrained_rate=1", "batch=8"]
    words = ["train", str(folders), "--out", str(tmp_path / "out"), "--recipe", recipe, "--model", model]
    words += [word for setting in settings for word in ("--set", setting)]
    result = CliRunner().invoke(main, [*words, "--epochs", "25", "--quiet"], env={"SHELFLENS_THREADS": "1"})
    assert result.exit_code == 0, result.output
    photo = folders / "red" / "3.png"
    served = subprocess.run(
        [sys.executable, "-c", SERVING, str(tmp_path / "out"), str(photo)], capture_output=True, text=True, check=True
    )
    assert served.stdout.strip() == "red"

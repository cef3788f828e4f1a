"""TorchScript and torch.export, compared with the network that was saved."""

from __future__ import annotations

import pickle
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from PIL import Image
from tests.train.importing.conftest import LABELS, Import
from torch import nn

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.picture.pixels import pixels

SIDE = 32
NAMES = Labels("category", LABELS)


def small(*last: nn.Module) -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, stride=2),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, 8),
        nn.Tanh(),
        *last,
    ).eval()


def script(network: nn.Module, path: Path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.trace(network, torch.zeros(1, 3, SIDE, SIDE)), path)
    return path


def exported(network: nn.Module, path: Path, *, batch: int = 1) -> Path:
    shapes = None if batch == 1 else ({0: torch.export.Dim("B")},)
    example = torch.zeros(batch, 3, SIDE, SIDE)
    torch.export.save(torch.export.export(network, (example,), dynamic_shapes=shapes), path)
    return path


WAYS = {
    "script": lambda network, folder: script(network, folder / "m.pt"),
    "export": lambda network, folder: exported(network, folder / "m.pt2"),
    "export any batch": lambda network, folder: exported(network, folder / "m.pt2", batch=2),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_classifier_answers_and_embeds_as_torch_does(
    way: str, imported: Import, tmp_path: Path, pictures: list[Image.Image]
) -> None:
    network = small(nn.Linear(8, 4))
    size = {"size": SIDE} if way == "script" else {}
    found = imported(WAYS[way](network, tmp_path), preprocessing="torch", labels=NAMES, **size)
    tensors = torch.from_numpy(np.stack([pixels(picture, found.manifest.preprocessing) for picture in pictures]))
    with torch.no_grad():
        expected = network(tensors).softmax(dim=1).numpy()
        before = nn.functional.normalize(network[:-1](tensors)).numpy()
    np.testing.assert_allclose(load_classifier(str(found.out)).classify(pictures), expected, atol=1e-5)
    np.testing.assert_allclose(load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures), before, atol=1e-5)


def test_tokens_are_pooled_as_asked(imported: Import, tmp_path: Path, pictures: list[Image.Image]) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 8, stride=8), nn.Flatten(2), _Swap()).eval()
    path = exported(network, tmp_path / "m.pt2")
    with pytest.raises(ModelError, match="16 tokens of 8 numbers"):
        imported(path)
    found = imported(path, pooling="cls")
    tensors = torch.from_numpy(np.stack([pixels(picture, found.manifest.preprocessing) for picture in pictures]))
    with torch.no_grad():
        expected = nn.functional.normalize(network(tensors)[:, 0]).numpy()
    np.testing.assert_allclose(load_embedder(f"onnx:{found.out}/model.onnx").embed(pictures), expected, atol=1e-5)


class _Swap(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.transpose(1, 2)


def test_weights_without_the_network_are_refused_with_what_to_do(imported: Import, tmp_path: Path) -> None:
    torch.save(small().state_dict(), tmp_path / "weights.pt")
    with pytest.raises(ModelError, match=r"torch\.export\.save"):
        imported(tmp_path / "weights.pt", size=SIDE)


def test_a_pickled_network_is_refused_unread(imported: Import, tmp_path: Path) -> None:
    torch.save(_Trap(tmp_path / "ran"), tmp_path / "trap.pt")
    with pytest.raises(ModelError, match="unpickling runs"):
        imported(tmp_path / "trap.pt", size=SIDE)
    assert not (tmp_path / "ran").exists()


def test_code_hidden_in_an_exported_network_never_runs(imported: Import, tmp_path: Path) -> None:
    path, evil = exported(small(), tmp_path / "m.pt2"), tmp_path / "evil.pt2"
    torch.save(_Trap(tmp_path / "ran"), tmp_path / "trap.pt")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(evil, "w", zipfile.ZIP_STORED) as other:
        for name in archive.namelist():
            data = archive.read(name)
            other.writestr(name, (tmp_path / "trap.pt").read_bytes() if "sample_inputs" in name else data)
    with pytest.raises(ModelError, match="could run code"):
        imported(evil)
    assert not (tmp_path / "ran").exists()
    with warnings.catch_warnings(), pytest.raises(Exception):  # noqa: B017  # the trap works: torch itself falls into it
        warnings.simplefilter("ignore")
        torch.export.load(evil)
    assert (tmp_path / "ran").exists()


class _Trap:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_torchscript_needs_a_size(imported: Import, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="give --size"):
        imported(script(small(), tmp_path / "m.pt"))


def test_what_is_no_network_is_refused(imported: Import, tmp_path: Path) -> None:
    (tmp_path / "a.pt").write_bytes(pickle.dumps([1]))
    (tmp_path / "folder").mkdir()
    for name, reason in (("a.pt", "is not a Keras file"), ("folder", r"saved_model\.pb"), ("b.pt", "no such file")):
        with pytest.raises(ModelError, match=reason):
            imported(tmp_path / name)


def test_a_folder_that_is_there_is_not_overwritten(imported: Import, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with pytest.raises(ModelError, match="is there already"):
        imported(script(small(), tmp_path / "m.pt"), size=SIDE)

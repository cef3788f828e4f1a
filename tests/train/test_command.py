"""`shelflens train` from photos to a model folder that the rest of shelflens uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("shelflens.train.session", reason="needs pip install 'shelflens[train]'")

from tests.train.conftest import COLOURS, draw_folders, drawn

from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.cli.main import main
from shelflens.embed.loading import load_embedder
from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.manifest import ModelManifest
from shelflens.train.dataset import Sources
from shelflens.train.fitting import Epoch
from shelflens.train.folder import gallery_of
from shelflens.train.session import Request
from shelflens.train.session import train as run

FILES = {
    "labels.json",
    "model.int8.json",
    "model.int8.onnx",
    "model.json",
    "model.onnx",
    "report.html",
    "training.json",
}
TINY = ("--model", "tutorial:32", "--set", "batch=8", "--set", "learning_rate=0.003")
SCRATCH = ("--recipe", "scratch", *TINY, "--epochs", "8")


def train(*arguments: str | Path) -> Result:
    """On one thread: sums of several are added in another order, and the same run writes other bytes."""
    words = ["train", *map(str, arguments)]
    return CliRunner().invoke(main, words, catch_exceptions=False, env={"SHELFLENS_THREADS": "1"})


@pytest.fixture(scope="module")
def model(folders: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("trained")
    out = folder / "colours"
    return out, train(folders, "--out", out, *SCRATCH, "--json")


def test_it_writes_a_whole_model_folder_and_leaves_nothing_else(model: tuple[Path, Result]) -> None:
    out, result = model
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == FILES
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    for name in ("model", "model.int8"):
        manifest = ModelManifest.read(out / f"{name}.json")
        assert (manifest.output, manifest.dimension, manifest.preprocessing.size) == ("embedding", 512, 32)


def test_the_model_is_a_classifier_that_knows_what_it_learnt(model: tuple[Path, Result]) -> None:
    out, _ = model
    labels = Labels.read(out / "labels.json")
    assert labels.names == tuple(sorted(COLOURS))
    for name in ("model.onnx", "model.int8.onnx"):
        classifier = load_classifier(str(out / name), threads=1)
        right = 0
        for place, colour in enumerate(labels.names):
            probabilities = classifier.classify([drawn(COLOURS[colour], number) for number in range(100, 105)])
            right += int((probabilities.argmax(axis=1) == place).sum())
        assert right >= 14  # of 20; 5 by chance


def test_the_model_is_an_embedder_that_indexing_and_searching_take(model: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = model
    draw_folders(tmp_path / "shop", photos=3, first=200)
    catalogue = tmp_path / "shop.lens"
    indexed = CliRunner().invoke(
        main, ["index", str(catalogue), str(tmp_path / "shop"), "--model", f"onnx:{out / 'model.onnx'}"]
    )
    assert indexed.exit_code == 0, indexed.output
    drawn(COLOURS["green"], 300).save(tmp_path / "query.png")
    searched = CliRunner().invoke(main, ["search", str(catalogue), str(tmp_path / "query.png"), "--json"])
    assert json.loads(searched.stdout)["matches"][0]["product_id"] == "green"


def test_the_record_says_how_it_was_made(model: tuple[Path, Result]) -> None:
    out, result = model
    record: dict[str, Any] = json.loads((out / "training.json").read_text())
    assert record["recipe"] == "scratch"
    assert record["settings"]["learning_rate"] == 0.003
    assert [epoch["number"] for epoch in record["history"]] == list(range(1, 9))
    assert record["data"]["train"] + record["data"]["held_out"] == 40
    assert record["held_out"]["accuracy"] >= 0.75
    assert record["parity"]["least_cosine"] > 0.9999
    assert {"torch", "onnxruntime", "python"} <= set(record["versions"])
    assert json.loads(result.stdout)["held_out"] == record["held_out"]
    page = (out / "report.html").read_text()
    assert "Accuracy" in page and "learning_rate" in page


class Stopping:
    """A user who stops the run after so many epochs, as Ctrl-C does."""

    def __init__(self, after: int) -> None:
        self.after, self.epochs = after, 0

    def progress(self, stage: str, done: int, total: int | None) -> None:
        pass

    def epoch(self, member: str, epoch: Epoch) -> None:
        self.epochs += 1
        if self.epochs == self.after:
            raise KeyboardInterrupt

    def bad(self, row: BadRow) -> None:
        raise AssertionError(row)


def test_a_stopped_and_resumed_run_writes_the_same_bytes_as_one_in_one_go(
    model: tuple[Path, Result], folders: Path, tmp_path: Path
) -> None:
    out, _ = model
    request = Request(
        Sources(str(folders)),
        tmp_path / "colours",
        recipe="scratch",
        models=("tutorial:32",),
        changes=("batch=8", "learning_rate=0.003", "epochs=8"),
        threads=1,
    )
    with pytest.raises(KeyboardInterrupt):
        run(request, PhotoReader(), Stopping(after=4))
    assert not request.out.exists()
    resumed = Stopping(after=0)
    run(request, PhotoReader(), resumed)
    assert resumed.epochs == 4
    for name in ("model.onnx", "model.int8.onnx", "model.json", "labels.json"):
        assert (request.out / name).read_bytes() == (out / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--recipe", "magic"), "no recipe called 'magic'; there is full, head, partial, scratch"),
        (("--model", "vgg99"), "no backbone called 'vgg99'"),
        (("--set", "speed=9"), "is not NAME=VALUE with a name among epochs, batch"),
        (("--set", "dropout=lots"), "setting dropout must be a number, not 'lots'"),
        (("--set", "dropout=2"), "setting dropout must be from 0 to 0.95, not 2"),
        (("--set", "loss=hinge"), "terms are ce, adjusted-ce, focal"),
        (("--set", "fit=stretch"), "setting fit must be squash, crop, pad or nothing, not 'stretch'"),
        (
            ("--set", "crop_share=0.9"),
            "crop_share means nothing where pictures are squashed, as for tutorial:32",
        ),
        (("--target", "colour"), "no row has a 'colour' to learn"),
        (("--fuse", "vote", "--members", "2"), "no fusion called 'vote'; there is scores, soup"),
        (("--fuse", "soup", "--set", "neighbours=0.5"), "so it has no neighbours; add --set neighbours=0"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: tuple[str, ...], message: str, folders: Path, tmp_path: Path
) -> None:
    result = train(folders, "--out", tmp_path / "model", *SCRATCH, *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "model").exists()


def test_a_model_that_is_there_is_not_overwritten(model: tuple[Path, Result], folders: Path) -> None:
    result = train(folders, "--out", model[0], *SCRATCH)
    assert result.exit_code == 1
    assert "is there already" in result.stderr


def test_int8_accuracy_is_reported_beside_fp32(model: tuple[Path, Result]) -> None:
    record = json.loads((model[0] / "training.json").read_text())
    assert np.abs(record["held_out"]["accuracy"] - record["held_out_int8"]["accuracy"]) <= 0.26  # one of four photos


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Two recipes in one, learnt from a table with catalogue pictures, a row without label and a damaged photo."""
    folder = tmp_path_factory.mktemp("rich")
    draw_folders(folder / "photos", photos=8)
    (folder / "photos" / "red" / "0.png").write_bytes(b"no picture")
    warm = {colour: "warm" if colour == "red" else "cold" for colour in COLOURS}
    rows = [f"photos/{colour}/{n}.png,{colour},{warm[colour]}" for colour in COLOURS for n in range(8)]
    (folder / "train.csv").write_text("\n".join(["photo,product_id,category", *rows, "photos/red/1.png,,warm"]))
    pictures = [f"photos/{colour}/7.png,{colour}" for colour in COLOURS]
    (folder / "catalogue.csv").write_text("\n".join(["photo,product_id", *pictures, "photos/red/6.png,unknown"]))
    result = train(
        *(folder / "train.csv", "--out", folder / "model", "--catalogue", folder / "catalogue.csv"),
        *("--recipe", "partial", *TINY, "--epochs", "2", "--also", "head=tutorial:32", "--json"),
    )
    assert result.exit_code == 3, result.output
    return folder / "model", json.loads(result.stdout)


def test_an_ensemble_is_one_model(rich: tuple[Path, dict[str, Any]]) -> None:
    out, record = rich
    assert [(member["recipe"], member["seed"]) for member in record["members"]] == [("partial", 0), ("head", 1)]
    assert ModelManifest.read(out / "model.json").dimension == (512 + 512) + (256 + 512)  # learnt and frozen, of both
    embedder = load_embedder(f"onnx:{out / 'model.onnx'}", threads=1)
    assert embedder.embed([drawn(COLOURS["red"], 1)]).shape == (1, 1792)


def test_pretrained_networks_learn_from_whole_photos_and_are_shown_them(rich: tuple[Path, dict[str, Any]]) -> None:
    assert ModelManifest.read(rich[0] / "model.json").preprocessing.fit == "pad"


def test_catalogue_pictures_join_and_are_searched(rich: tuple[Path, dict[str, Any]]) -> None:
    _, record = rich
    assert record["data"]["catalogue"] == 5
    assert record["classes"] == 4  # a product without photos of its own is no class
    assert 0 <= record["held_out"]["catalogue_recall_at_1"] <= 1


def test_a_coarser_column_is_judged_too(rich: tuple[Path, dict[str, Any]]) -> None:
    out, record = rich
    assert [group.name for group in Labels.read(out / "labels.json").groups] == ["category"]
    assert record["held_out"]["groups"]["category"] >= record["held_out"]["accuracy"]


def test_what_cannot_be_used_is_listed_and_the_rest_goes_on(rich: tuple[Path, dict[str, Any]]) -> None:
    _, record = rich
    assert record["bad"] == 2
    listed = [json.loads(line) for line in Path(record["bad_rows_file"]).read_text().splitlines()]
    assert sorted(Path(row["where"]).name for row in listed) == ["0.png", "train.csv:34"]
    assert record["data"]["train"] + record["data"]["held_out"] == 31


def test_recall_is_judged_by_some_hundred_photos_at_most() -> None:
    few, many = np.arange(7), np.arange(5000)
    assert gallery_of(few, seed=0).tolist() == few.tolist()
    found = gallery_of(many, seed=0)
    assert len(set(found.tolist())) == 500
    assert found.tolist() == sorted(found)
    assert found.tolist() == gallery_of(many, seed=0).tolist()

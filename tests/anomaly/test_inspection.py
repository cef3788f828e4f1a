"""Faults are told from good ones, and where they are; and the parts that this is made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from shelflens.anomaly import AnomalyModel, PatchNetwork, fit
from shelflens.anomaly.coreset import coreset
from shelflens.anomaly.marking import marked
from shelflens.anomaly.model import distances
from shelflens.anomaly.patches import NETWORK, TENSORS, halved, smoothed
from shelflens.demo.assortment import Item
from shelflens.demo.inspection import FAULTS, SIDE, inspected
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError, SourceError
from shelflens.metrics.calibration import auroc
from shelflens.network.inner import open_inner
from shelflens.picture import pixels

from .conftest import GOOD


def test_faults_are_told_from_good_ones(item: Item, model: AnomalyModel, network: PatchNetwork) -> None:
    good = [model.find(inspected(item, seed=1000 + number), network).score for number in range(4)]
    bad = [model.find(inspected(item, seed=n, fault=fault), network).score for fault in FAULTS for n in range(2)]
    assert auroc(np.array(bad), np.array(good)) >= 0.95, (good, bad)


def test_the_heat_lies_on_the_fault(item: Item, model: AnomalyModel, network: PatchNetwork) -> None:
    picture = inspected(item, seed=77)
    x, y = 0.55 * SIDE, 0.6 * SIDE
    ImageDraw.Draw(picture).ellipse((x - 14, y - 14, x + 14, y + 14), fill=(20, 200, 220))
    found = model.find(picture, network)
    assert found.suspicious and found.score > 1.5 * model.threshold
    row, column = divmod(int(found.heat.argmax()), found.heat.shape[1])
    assert abs((column + 0.5) / found.heat.shape[1] - x / SIDE) < 0.06
    assert abs((row + 0.5) / found.heat.shape[0] - y / SIDE) < 0.06
    shown = np.asarray(marked(picture, found, model)).astype(int)
    assert shown[int(y), int(x), 0] > shown[int(y), int(x), 2] + 60  # coloured there
    assert abs(shown[8, 8, 0] - shown[8, 8, 2]) < 3  # and not on the ground


def test_the_good_ones_themselves_are_not_suspicious(item: Item, model: AnomalyModel, network: PatchNetwork) -> None:
    assert not model.find(inspected(item, seed=3), network).suspicious
    assert len(model.held_out) == GOOD and (np.diff(model.held_out) >= 0).all()


def test_a_model_is_read_as_written(model: AnomalyModel, model_file: Path, network: PatchNetwork, item: Item) -> None:
    again = AnomalyModel.load(model_file)
    picture = inspected(item, seed=5, fault="tear")
    np.testing.assert_array_equal(again.find(picture, again.open_network()).heat, model.find(picture, network).heat)
    assert (again.threshold, again.size) == (model.threshold, model.size)


def test_what_is_no_model_says_so(model_file: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(model_file.read_bytes()[:5000])
    (tmp_path / "text").write_text("no model", encoding="utf-8")
    for path in (damaged, tmp_path / "text", tmp_path / "none"):
        with pytest.raises(ModelError, match=path.name):
            AnomalyModel.load(path)


def test_too_few_good_pictures_are_an_error(item: Item, network: PatchNetwork) -> None:
    with pytest.raises(SourceError, match="2 good pictures; 5 or more are needed"):
        fit([inspected(item, seed=number) for number in range(2)], network)


def test_distances_equal_a_loop_and_leave_out_what_they_should() -> None:
    random = np.random.default_rng(0)
    patches, bank = random.normal(size=(3, 4, 5)).astype(np.float32), random.normal(size=(9, 5)).astype(np.float32)
    left_out = np.arange(9) < 4
    for without, kept in ((None, bank), (left_out, bank[4:])):
        expected = [[min(np.linalg.norm(patch - good) for good in kept) for patch in row] for row in patches]
        np.testing.assert_allclose(distances(patches, bank, without=without), expected, rtol=1e-4)


def test_the_coreset_takes_the_farthest_each_time() -> None:
    points = np.random.default_rng(1).normal(size=(60, 6)).astype(np.float32)
    chosen = coreset(points, 12)
    first = int(np.linalg.norm(points - points.mean(axis=0), axis=1).argmin())
    expected = [first]
    while len(expected) < 12:
        gaps = [min(np.linalg.norm(point - points[other]) for other in expected) for point in points]
        expected.append(int(np.argmax(gaps)))
    assert chosen.tolist() == expected
    assert len(coreset(np.repeat(points[:3], 5, axis=0), 12)) == 3  # copies add nothing


def test_smoothing_and_halving_are_means() -> None:
    cells = np.random.default_rng(2).random((4, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(smoothed(cells)[1, 2], cells[0:3, 1:4].mean(axis=(0, 1)), rtol=1e-6)
    np.testing.assert_allclose(
        smoothed(cells)[0, 0], np.pad(cells, ((1, 0), (1, 0), (0, 0)), "edge")[:3, :3].mean(axis=(0, 1)), rtol=1e-6
    )
    np.testing.assert_allclose(halved(cells)[1, 2], cells[2:4, 4:6].mean(axis=(0, 1)), rtol=1e-6)


def test_inner_tensors_are_those_of_the_onnx_package(item: Item, tmp_path: Path) -> None:
    import onnx
    import onnxruntime

    graph = onnx.load(NETWORK)
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in TENSORS)
    tensor = pixels(inspected(item, seed=1), load_embedder("lite0-fp32").manifest.preprocessing)[None]
    slow = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    fast = open_inner(NETWORK, TENSORS, threads=1)
    for expected, found in zip(
        slow.run(list(TENSORS), {"pixels": tensor}), fast.run(list(TENSORS), {"pixels": tensor}), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    with pytest.raises(ModelError, match=r"not a network with the tensors block99"):
        open_inner(NETWORK, ["block99"], threads=1)


def test_equal_seeds_draw_equal_pictures_and_every_fault_shows(item: Item) -> None:
    assert inspected(item, seed=4).tobytes() == inspected(item, seed=4).tobytes()
    sound = inspected(item, seed=4)
    assert isinstance(sound, Image.Image) and sound.size == (SIDE, SIDE)
    assert len({inspected(item, seed=4, fault=fault).tobytes() for fault in (None, *FAULTS)}) == len(FAULTS) + 1

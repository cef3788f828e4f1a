"""LightGlue's interface, with tiny networks that really find, describe and match points."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser
from PIL import Image
from tests.verify.conftest import label

import shelflens
from shelflens.errors import CatalogueError, ModelError, ShelflensError
from shelflens.types import Product
from shelflens.verify.agreement import agree_points
from shelflens.verify.base import Verifier, key
from shelflens.verify.lightglue import from_path, pack, unpack
from shelflens.verify.lightglue_networks import Features
from shelflens.verify.loading import lasting, load_verifier

PRODUCT = Product("p")
POINTS = 120


def extracting(image: str, at: str) -> str:
    """Points are the brightest or darkest spots around; what describes them are the 49 pixels around each."""
    return f"""
        {at}spots = Conv <pads = [4, 4, 4, 4]> ({image}, centre_surround)
        {at}strength = Abs ({at}spots)
        {at}peaks = MaxPool <kernel_shape = [9, 9], pads = [4, 4, 4, 4], strides = [1, 1]> ({at}strength)
        {at}is_peak = Equal ({at}strength, {at}peaks)
        {at}kept = Cast <to = 1> ({at}is_peak)
        {at}response = Mul ({at}strength, {at}kept)
        {at}flat = Reshape ({at}response, flat_shape)
        {at}scores, {at}places = TopK <axis = 1> ({at}flat, count)
        {at}shape = Shape ({at}response)
        {at}width = Gather <axis = 0> ({at}shape, three)
        {at}x = Mod ({at}places, {at}width)
        {at}y = Div ({at}places, {at}width)
        {at}x3 = Unsqueeze ({at}x, two)
        {at}y3 = Unsqueeze ({at}y, two)
        {at}keypoints = Concat <axis = 2> ({at}x3, {at}y3)
        {at}around = Conv <pads = [6, 6, 6, 6], dilations = [2, 2]> ({image}, pixels_around)
        {at}rows = Reshape ({at}around, rows_shape)
        {at}index = Squeeze ({at}places, zero)
        {at}chosen = Gather <axis = 1> ({at}rows, {at}index)
        {at}turned = Transpose <perm = [1, 0]> ({at}chosen)
        {at}mean = ReduceMean <axes = [1]> ({at}turned)
        {at}even = Sub ({at}turned, {at}mean)
        {at}unit = LpNormalization <axis = 1, p = 2> ({at}even)
        {at}descriptors = Unsqueeze ({at}unit, zero)
    """


def matching(one: str, other: str) -> str:
    """Each other's nearest; the first of equals, so that no point has two partners."""
    return f"""
        turned_other = Transpose <perm = [0, 2, 1]> ({other})
        cosines3 = MatMul ({one}, turned_other)
        cosines = Squeeze (cosines3, zero)
        nearest = ArgMax <axis = 1> (cosines)
        back = ArgMax <axis = 0, keepdims = 0> (cosines)
        returned = Gather (back, nearest)
        every = Equal (nearest, nearest)
        rows = NonZero (every)
        each2 = Gather <axis = 0> (rows, zero)
        each = Transpose <perm = [1, 0]> (each2)
        mutual2 = Equal (returned, each)
        mutual = Squeeze (mutual2, one)
        pairs = Concat <axis = 1> (each, nearest)
        matches0 = Compress <axis = 0> (pairs, mutual)
        mscores0 = GatherND (cosines, matches0)
    """


def saved(path: Path, signature: str, body: str) -> Path:
    model = parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]> tiny {signature} {{ {body} }}')
    wide, narrow = (np.exp(-(np.add.outer(np.arange(-4, 5) ** 2, np.arange(-4, 5) ** 2)) / s) for s in (12.0, 3.0))
    surround = (narrow / narrow.sum() - wide / wide.sum())[None, None]
    weights = {
        "centre_surround": surround.astype(np.float32),
        "pixels_around": np.eye(49, dtype=np.float32).reshape(49, 1, 7, 7),
        "flat_shape": np.array([1, -1]),
        "rows_shape": np.array([49, -1]),
        "count": np.array([POINTS]),
        **{name: np.array([value]) for name, value in (("zero", 0), ("one", 1), ("two", 2), ("three", 3))},
    }
    used = {name for node in model.graph.node for name in node.input}
    model.graph.initializer.extend(numpy_helper.from_array(weights[name], name) for name in sorted(used & set(weights)))
    onnx.save(model, path)
    return path


def split(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    signature = "(float[1,1,H,W] image) => (int64[1,N,2] keypoints, float[1,N] scores, float[1,N,D] descriptors)"
    saved(folder / "extractor.onnx", signature, extracting("image", ""))
    inputs = "float[1,N,2] kpts0, float[1,M,2] kpts1, float[1,N,D] desc0, float[1,M,D] desc1"
    saved(
        folder / "matcher.onnx", f"({inputs}) => (int64[K,2] matches0, float[K] mscores0)", matching("desc0", "desc1")
    )
    return folder


def end_to_end(path: Path) -> Path:
    body = extracting("image0", "a_") + extracting("image1", "b_") + matching("a_descriptors", "b_descriptors")
    body += "kpts0 = Identity (a_keypoints) kpts1 = Identity (b_keypoints)"
    outputs = "int64[1,N,2] kpts0, int64[1,M,2] kpts1, int64[K,2] matches0, float[K] mscores0"
    return saved(path, f"(float[1,1,H,W] image0, float[1,1,G,V] image1) => ({outputs})", body)


def pipeline(path: Path) -> Path:
    body = "image0, image1 = Split <axis = 0> (images)"
    body += extracting("image0", "a_") + extracting("image1", "b_") + matching("a_descriptors", "b_descriptors")
    body += """
        keypoints = Concat <axis = 0> (a_keypoints, b_keypoints)
        nought = Sub (matches0, matches0)
        pair = ReduceMin <axes = [1]> (nought)
        matches = Concat <axis = 1> (pair, matches0)
        mscores = Identity (mscores0)
    """
    outputs = "int64[2,N,2] keypoints, int64[K,3] matches, float[K] mscores"
    return saved(path, f"(float[2,1,H,W] images) => ({outputs})", body)


def on_a_shelf(product: Image.Image, left: int) -> Image.Image:
    shelf = Image.new("RGB", (480, 320), (120, 110, 100))
    shelf.paste(product, (left, 0))
    return shelf


@pytest.fixture(scope="module", params=["split", "end to end", "pipeline"])
def verifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    folder = tmp_path_factory.mktemp("lightglue")
    match request.param:
        case "split":
            return load_verifier(f"lightglue:{split(folder)}")
        case "end to end":
            return load_verifier(f"lightglue:{end_to_end(folder / 'both.onnx')}")
        case _:
            return load_verifier(f"lightglue:{pipeline(folder / 'pipeline.onnx')}")


def test_the_same_label_elsewhere_agrees_and_another_does_not(verifier: Verifier) -> None:
    query = verifier.describe(label(1, side=320))
    same, other = (verifier.compare(query, verifier.describe(label(seed, side=400)), PRODUCT) for seed in (1, 2))
    assert same is not None and other is not None
    assert same.value > 15
    assert other.value < same.value / 5
    assert max(math.dist(line.query, line.photo) for line in same.lines) < 0.05


def test_colours_in_the_same_places_count(verifier: Verifier) -> None:
    query = verifier.describe(label(1))
    same, sibling = (
        verifier.compare(query, verifier.describe(label(1, tint=tint)), PRODUCT)
        for tint in ((200, 60, 50), (50, 90, 200))
    )
    assert same is not None and sibling is not None
    assert same.value > 2 * sibling.value


def test_the_name_is_the_evidences_and_the_version_the_networks(verifier: Verifier, tmp_path: Path) -> None:
    assert verifier.name == "lightglue"
    digits = verifier.version.split()[-1]
    assert len(digits) == 12 and int(digits, 16) >= 0
    altered = split(tmp_path / "altered")
    saved(
        altered / "matcher.onnx",
        "(float[1,N,2] kpts0, float[1,M,2] kpts1, float[1,N,D] desc0, float[1,M,D] desc1) "
        "=> (int64[K,2] matches0, float[K] mscores0)",
        matching("desc0", "desc1") + "unused = Identity (cosines)",
    )
    assert key(from_path(str(altered))) not in {key(verifier), key(from_path(str(split(tmp_path / "other"))))}


def test_descriptions_are_deterministic_and_what_is_missing_says_nothing(verifier: Verifier) -> None:
    picture = label(3)
    assert verifier.describe(picture) == verifier.describe(picture.copy())
    assert verifier.compare(b"", verifier.describe(picture), PRODUCT) is None
    assert verifier.compare(verifier.describe(picture), b"", PRODUCT) is None


def test_foreign_descriptions_are_refused(verifier: Verifier) -> None:
    mine = verifier.describe(label(3))
    for other in (b"SLK1 and more, so that it is long enough", mine[:3], mine[:40]):
        with pytest.raises(CatalogueError):
            verifier.compare(mine, other, PRODUCT)


def test_points_of_a_wide_picture_lie_where_they_are(verifier: Verifier) -> None:
    here, there = (verifier.describe(on_a_shelf(label(1), left)) for left in (130, 20))
    finding = verifier.compare(here, there, PRODUCT)
    assert finding is not None and len(finding.lines) > 15
    moved = [((line.query[0] - line.photo[0]) * 480, (line.query[1] - line.photo[1]) * 320) for line in finding.lines]
    assert np.median(moved, axis=0) == pytest.approx((110, 0), abs=6)  # pixels of the tiny networks


def test_packed_features_come_back_up_to_rounding() -> None:
    random = np.random.default_rng(0)
    before = Features(random.random((9, 2), np.float32), random.normal(size=(9, 64)).astype(np.float32))
    colours = (random.random((32, 40, 2)).astype(np.float32) - 0.5) * 0.8
    after, located = unpack(pack(before, colours, (1.25, 1.0)))
    np.testing.assert_array_equal(after.places, before.places)
    np.testing.assert_allclose(after.descriptors, before.descriptors, atol=0.02)
    np.testing.assert_allclose(located.places[:, :2], before.places * [1.25, 1.0], rtol=1e-6)
    np.testing.assert_allclose(located.tints, colours, atol=2.1e-3)
    assert located.extent == (1.25, 1.0)


def test_one_motion_is_found_among_wrong_matches() -> None:
    random = np.random.default_rng(1)
    here = random.random((80, 2)).astype(np.float32)
    turn = 0.7 * np.array([[math.cos(0.5), -math.sin(0.5)], [math.sin(0.5), math.cos(0.5)]])
    there = (here @ turn.T + [0.3, 0.1]).astype(np.float32)
    there[50:] = random.random((30, 2))
    found = agree_points(here, there, np.column_stack([np.arange(80)] * 2))
    assert set(range(50)) <= set(found.pairs[:, 0].tolist())
    assert len(found.pairs) < 58
    assert found.affine is not None
    np.testing.assert_allclose(found.affine[:2].T, turn, atol=0.02)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_matches_make_no_motion(count: int) -> None:
    places = np.full((3, 2), 0.5, np.float32)
    assert agree_points(places, places, np.zeros((count, 2), np.intp)).affine is None


def test_what_is_wrong_with_the_networks_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lightglue:FOLDER with extractor\.onnx"):
        load_verifier("lightglue")
    with pytest.raises(ModelError, match="there is nothing at"):
        load_verifier(f"lightglue:{tmp_path / 'gone'}")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"extractor\.onnx: there is no such"):
        load_verifier(f"lightglue:{tmp_path / 'empty'}")
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(ModelError, match="not a network"):
        load_verifier(f"lightglue:{tmp_path / 'text.onnx'}")
    folder = split(tmp_path / "split")
    with pytest.raises(ModelError, match="image0, image1 to kpts0, kpts1, matches0, mscores0 is needed"):
        load_verifier(f"lightglue:{folder / 'extractor.onnx'}")
    with pytest.raises(ShelflensError, match="lightglue"):
        load_verifier("lightgleu:x")


def test_a_matcher_that_names_keypoints_that_are_not_there_is_refused(tmp_path: Path) -> None:
    folder = split(tmp_path)
    body = (
        matching("desc0", "desc1").replace("matches0 = Co", "few = Co").replace("(cosines, matches0)", "(cosines, few)")
    )
    saved(
        folder / "matcher.onnx",
        "(float[1,N,2] kpts0, float[1,M,2] kpts1, float[1,N,D] desc0, float[1,M,D] desc1) "
        "=> (int64[K,2] matches0, float[K] mscores0)",
        body + "large = Constant <value = int64[1] {100000}> () matches0 = Add (few, large)",
    )
    verifier = from_path(str(folder))
    described = verifier.describe(label(1))
    with pytest.raises(ModelError, match="that there are not"):
        verifier.compare(described, described, PRODUCT)


def test_a_catalogue_finds_the_networks_again_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split(tmp_path / "networks")
    monkeypatch.chdir(tmp_path)
    assert lasting("lightglue:networks") == f"lightglue:{tmp_path / 'networks'}"
    assert lasting("local") == "local"


def test_a_search_uses_the_networks_that_the_catalogue_names(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split(tmp_path / "networks")
    monkeypatch.chdir(tmp_path)
    with shelflens.open(tmp_path / "shop.lens", create=True) as opened:
        opened.index(shop)
        described = opened.look_closer(["lightglue:networks"])
        assert described.photos == 24
    monkeypatch.chdir("/")
    with shelflens.open(tmp_path / "shop.lens") as opened:
        (match, *_) = opened.search(shop / "p6" / "2.jpg", k=1)
        assert match.product.product_id == "p6"
        assert [one.name for one in match.evidence] == ["similarity", "lightglue"]

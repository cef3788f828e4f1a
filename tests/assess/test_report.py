"""The report as a reader gets it, and its drawings against the assessment."""

from __future__ import annotations

import json
import sys
from html import escape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.trained import train_model

from shelflens.assess import Assessment, Model, assess, assessment_json, load_model, write_report
from shelflens.assess.atlas import atlas, components, tsne
from shelflens.assess.attention import activation_map, occlusion_map
from shelflens.assess.charts import charts, learning_charts
from shelflens.assess.learning import Epoch, read_history
from shelflens.assess.matrix import matrix
from shelflens.feed.base import BadRow, FeedRow
from shelflens.picture import open_file

from .conftest import QUERIES, draw, read, row

HISTORY = tuple(Epoch(n, 2.0 / n, 2.2 / n, 1 - 0.5 / n) for n in range(1, 6))


@pytest.fixture(scope="module")
def page(found: Assessment, model: Model, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report") / "not" / "yet"
    index = write_report(found, folder, model=model, read=read, history=HISTORY, title="Paint & more")
    assert sorted(path.name for path in folder.iterdir()) == ["evaluation.json", "index.html"]
    assert json.loads((folder / "evaluation.json").read_text(encoding="utf-8")) == assessment_json(found)
    return index.read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert page.count('src="data:image/jpeg;base64,') == page.count("<img ") > 20
    assert page.count("href=") == page.count('href="data:image/jpeg;base64,') + page.count('href="evaluation.json"')


def test_text_stays_text(page: str) -> None:
    assert "Paint &amp; more" in page and "photo &lt;missing&gt;; name a file" in page


def test_the_headline_is_the_accuracy(page: str, found: Assessment) -> None:
    right, known = int(found.right.sum()), int(found.known.sum())
    assert f"{right} of {known} photos ({100 * right / known:.1f} %) were told right" in page
    for name in ("Accuracy", "Accuracy, category", "Macro F1", "Recall@1"):
        assert f"<dt>{name}</dt>" in page


def test_the_surest_mistake_and_the_most_confused_pair_are_shown(page: str, found: Assessment) -> None:
    wrong = np.flatnonzero(found.known & ~found.right)
    surest = wrong[found.sureness[wrong].argmax()]
    first = page.split('id="worst"')[1].split("</li>", maxsplit=1)[0]
    assert f"Said to be · {100 * found.sureness[surest]:.1f} %" in first and "What spoke for it" in first
    pair = found.confusions[0]
    head = page.split('id="pairs"')[1].split("</h3>", maxsplit=1)[0]
    assert pair.label in head and pair.taken_for in head and f"{len(pair.places)} photo" in head


def test_the_matrix_counts_every_known_photo_once(found: Assessment) -> None:
    drawn = matrix(found)
    assert drawn and found.labels
    assert sum(cell.photos for cell in drawn.cells) == found.known.sum()
    diagonal = sum(cell.photos for cell in drawn.cells if cell.row == cell.column)
    assert diagonal == found.right.sum()
    for cell in drawn.cells:
        own = sum(other.photos for other in drawn.cells if other.row == cell.row)
        assert cell.share == pytest.approx(cell.photos / own)
    group = dict(zip(found.labels.names, found.labels.groups[0].of_labels, strict=True))
    assert [group[label] for label in drawn.labels] == sorted(group[label] for label in drawn.labels)


def test_the_map_holds_every_photo_inside_its_frame(found: Assessment) -> None:
    drawn = atlas(found, lambda place: b"jpeg")
    assert drawn and len(drawn.dots) == QUERIES
    assert all(0 < dot.x < 1 and 0 < dot.y < 1 for dot in drawn.dots)
    kinds = [dot.kind for dot in drawn.dots]
    assert kinds.count("right") == found.right.sum() and kinds.count("unseen") == (~found.known).sum()
    pictures = [(dot.x * drawn.WIDTH, dot.y * drawn.HEIGHT) for dot in drawn.dots if dot.picture]
    assert len(pictures) > 5
    for place, (x, y) in enumerate(pictures):
        for other_x, other_y in pictures[:place]:
            assert max(abs(x - other_x), abs(y - other_y)) >= 0.9 * drawn.PICTURE


def test_clusters_stay_together_on_the_map() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(size=(3, 16)) * 4
    vectors = np.concatenate([centre + random.normal(scale=0.1, size=(20, 16)) for centre in centres])
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    for spread in (tsne(vectors, seed=0), components(vectors)):
        groups = spread.reshape(3, 20, 2)
        inside = max(float(np.ptp(group, axis=0).max()) for group in groups)
        means = groups.mean(axis=1)
        apart = min(float(np.linalg.norm(means[a] - means[b])) for a, b in ((0, 1), (0, 2), (1, 2)))
        assert apart > inside
    np.testing.assert_array_equal(tsne(vectors, seed=3), tsne(vectors, seed=3))


def test_without_scikit_learn_the_map_is_of_principal_components(
    found: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "t-SNE" in (atlas(found, lambda place: b"") or pytest.fail()).caption
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setattr("shelflens.assess.atlas.find_spec", lambda name: None)
    assert "PCA" in (atlas(found, lambda place: b"") or pytest.fail()).caption


def test_heat_lies_on_what_was_painted(tmp_path: Path) -> None:
    """A model of a red and a blue disc on a wall: both ways of asking point at the disc."""
    from PIL import ImageDraw

    def wall(colour: str, left: int, top: int) -> Image.Image:
        picture = Image.new("RGB", (256, 256), (200, 196, 190))
        ImageDraw.Draw(picture).ellipse((left, top, left + 90, top + 90), fill=colour)
        return picture

    places = [(20 + 50 * x, 20 + 50 * y) for x in range(3) for y in range(3)]
    pictures = [wall(colour, *place) for colour in ("red", "blue") for place in places]
    model = load_model(str(train_model(tmp_path / "discs", pictures, ["red"] * 9 + ["blue"] * 9)))
    assert model.classifier
    shown = wall("red", 140, 130)
    answer = model.classifier.labels.names.index("red")
    occlusion = occlusion_map(model.classifier, shown, answer)
    centre = model.embedder.embed(pictures[:9]).mean(axis=0)
    activation = activation_map(model.embedder, shown, centre / np.linalg.norm(centre))
    assert activation is not None
    for cells in (occlusion, activation):
        size = len(cells)
        rows, columns = np.mgrid[0:size, 0:size] / (size - 1)
        weights = np.maximum(cells - cells.mean(), 0)
        middle = (rows * weights).sum() / weights.sum(), (columns * weights).sum() / weights.sum()
        assert middle[0] > 0.55 and middle[1] > 0.55, middle


def test_learning_curves_are_the_history(tmp_path: Path) -> None:
    loss, accuracy = learning_charts(HISTORY)
    assert [curve.name for curve in loss.curves] == ["Training", "Held out"]
    assert loss.curves[1].points == tuple((float(n), 2.2 / n) for n in range(1, 6))
    assert accuracy.curves[0].points[-1] == (5.0, 0.9)
    assert learning_charts(HISTORY[:1]) == ()
    path = tmp_path / "training.json"
    rows = [{"number": n, "train_loss": 1 / n, "held_loss": None, "seconds": 3} for n in (1, 2)]
    path.write_text(json.dumps({"history": rows}), encoding="utf-8")
    assert read_history(path) == (Epoch(1, 1.0), Epoch(2, 0.5))
    path.write_text("[]", encoding="utf-8")
    assert read_history(path) == read_history(tmp_path / "none") == ()


def test_the_curves_say_their_areas(found: Assessment) -> None:
    drawn = {chart.title: chart for chart in charts(found, ())}
    assert f"{found.score('auroc_macro').value:.3f}" in drawn["ROC"].summary
    assert f"{found.score('average_precision_macro').value:.3f}" in drawn["Precision and recall"].summary
    assert f"{found.score('ece').value:.3f}" in drawn["Reliability"].summary


def test_photos_that_are_gone_leave_a_place_and_no_error(model: Model, tmp_path: Path) -> None:
    photos = [draw(tmp_path / f"paint-{n % 3}" / f"{n}.png", n % 3, 500 + n, noise=120) for n in range(9)]
    found = assess(model, [row(photo, photo.parent.name, 0) for photo in photos], read=read)
    assert not found.right.all()
    for photo in photos:
        photo.unlink()
    page = write_report(found, tmp_path / "out", model=model, read=read).read_text(encoding="utf-8")
    assert "No picture kept" in page and "<img " not in page


def test_no_mistakes_only_unseen_labels_and_an_embedder_make_pages_too(
    model: Model, rows: list[FeedRow | BadRow], paints: Path, tmp_path: Path
) -> None:
    own = [row(photo, photo.parent.name, 0) for photo in sorted(paints.glob("train/paint-[0-5]/*.png"))]
    first = assess(model, own, read=read)
    right = assess(model, [one for one, hit in zip(own, first.right, strict=True) if hit], read=read)
    assert right.right.all() and len(right.right) > 20
    page = write_report(right, tmp_path / "a", model=model, read=read).read_text(encoding="utf-8")
    assert "No mistakes" in page and 'id="pairs"' not in page
    strangers = assess(model, [row(photo, "stranger", 0) for photo in sorted(paints.glob("val/paint-6/*"))], read=read)
    page = write_report(strangers, tmp_path / "b", model=model, read=read).read_text(encoding="utf-8")
    assert "none of a class that the model has learnt" in page and 'id="matrix"' not in page
    lite0 = load_model("lite0")
    page = write_report(assess(lite0, rows, read=read), tmp_path / "c", model=lite0, read=read).read_text("utf-8")
    assert escape("Recall@1") in page and 'id="matrix"' not in page and 'id="classes"' not in page


def test_one_photo_is_enough_for_a_report(model: Model, rows: list[FeedRow | BadRow], tmp_path: Path) -> None:
    found = assess(model, rows[:1], read=read)
    assert write_report(found, tmp_path, model=model, read=read).stat().st_size > 5_000


def test_the_photos_of_the_map_are_the_photos(page: str, found: Assessment) -> None:
    assert page.count("<image ") > 5
    assert all(open_file(photo.place.source).image for photo in found.seen.photos[:2])

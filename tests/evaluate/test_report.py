"""The report as a reader gets it, and its curves against the outcomes."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

import numpy as np
import pytest

from shelflens.evaluate import Evaluation, evaluate, evaluation_json, write_report
from shelflens.evaluate.charts import FEWEST, recall_chart, score_chart, threshold_chart
from shelflens.feed.base import BadRow, FeedRow, FilePhoto
from shelflens.types import Product

from .conftest import QUERIES, Shop, draw, photo_jpeg, read, title


@pytest.fixture(scope="module")
def evaluation(shop: Shop) -> Evaluation:
    strange = FeedRow(Product("unseen"), shop.queries[0].photos, "queries.csv:98")
    bad = BadRow("queries.csv:99", "photo <missing>; name a file")
    return evaluate(shop.searcher, [*shop.queries, strange, bad], read=read)


@pytest.fixture(scope="module")
def page(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report") / "not" / "yet" / "there"
    index = write_report(evaluation, folder, read=read, photo_jpeg=photo_jpeg, title="Paint & more")
    assert index == folder / "index.html"
    assert sorted(path.name for path in folder.iterdir()) == ["evaluation.json", "index.html"]
    assert json.loads((folder / "evaluation.json").read_text(encoding="utf-8")) == evaluation_json(evaluation)
    return index.read_text(encoding="utf-8")


def test_the_page_loads_nothing_and_runs_nothing(page: str) -> None:
    assert "<script" not in page and "http://" not in page and "https://" not in page
    assert page.count("<img ") == page.count('src="data:image/jpeg;base64,') > 20
    assert page.count("href=") == page.count('href="evaluation.json"') == 1


def test_titles_stay_text(page: str) -> None:
    assert "Paint &amp; more" in page
    assert escape(title(1)) in page and title(1) not in page
    assert "photo &lt;missing&gt;; name a file" in page


def test_the_headline_is_the_recall(page: str, evaluation: Evaluation) -> None:
    found = sum(outcome.right for outcome in evaluation.outcomes)
    share = evaluation.score("recall@1")
    assert f"{found} of {QUERIES + 1} query photos ({100 * share.value:.1f} %)" in page
    assert f"{100 * share.low:.1f}–{100 * share.high:.1f} %" in page
    assert "Without their product in the gallery" in page and "Bad rows" in page


def test_the_worst_query_and_the_most_confused_pair_are_shown(page: str, evaluation: Evaluation) -> None:
    deepest = max(outcome.rank or 0 for outcome in evaluation.outcomes)
    assert f"rank {deepest}" in page
    pair = evaluation.confusions[0]
    assert escape(pair.product.title) in page.split('id="confusions"')[1].split("</h3>", maxsplit=1)[0]
    assert escape(pair.taken_for.title) in page.split('id="confusions"')[1].split("</h3>", maxsplit=1)[0]


def test_photos_that_are_gone_leave_a_place_and_no_error(shop: Shop, tmp_path: Path) -> None:
    rows = [
        FeedRow(Product(f"p{number}"), (FilePhoto(draw(tmp_path / f"{number}.png", 13 - number, 7, noise=0)),), "q")
        for number in range(4)
    ]
    evaluation = evaluate(shop.searcher, rows, read=read)
    assert evaluation.score("recall@1").value < 1
    for row in rows:
        for place in row.photos:
            assert isinstance(place, FilePhoto)
            place.path.unlink()
    index = write_report(evaluation, tmp_path / "report", read=read, photo_jpeg=lambda _photo: b"")
    page = index.read_text(encoding="utf-8")
    assert "No picture kept" in page and "<img " not in page


def test_no_mistakes_is_said_so(shop: Shop, tmp_path: Path) -> None:
    own = [
        FeedRow(Product(f"p{number}"), (FilePhoto(Path(photo.source)),), "q")
        for number in range(3)
        for _, photo in shop.searcher.records.photos_of(f"p{number}")
    ]
    evaluation = evaluate(shop.searcher, own, read=read)
    page = write_report(evaluation, tmp_path, read=read, photo_jpeg=photo_jpeg).read_text(encoding="utf-8")
    assert "No mistakes" in page and 'id="confusions"' not in page and "100.0" in page


def test_one_query_is_enough_for_a_report(shop: Shop, tmp_path: Path) -> None:
    evaluation = evaluate(shop.searcher, shop.queries[:1], read=read)
    assert write_report(evaluation, tmp_path, read=read, photo_jpeg=photo_jpeg).stat().st_size > 10_000


def test_the_recall_curve_passes_through_the_metrics(evaluation: Evaluation) -> None:
    curve = recall_chart(evaluation).curves[0]
    for k in (1, 5, 10):
        score = evaluation.score(f"recall@{k}")
        assert dict(curve.points)[k] == pytest.approx(score.value)
        assert curve.band[k - 1] == pytest.approx((k, score.low, score.high), abs=0.03)
    shares = [share for _, share in curve.points]
    assert shares == sorted(shares)


def test_the_columns_count_every_answer_once(evaluation: Evaluation) -> None:
    right, wrong = score_chart(evaluation.outcomes).columns
    assert sum(right.heights) == sum(outcome.right for outcome in evaluation.outcomes)
    assert sum(right.heights) + sum(wrong.heights) == len(evaluation.outcomes)


def test_the_threshold_curves_equal_counting(evaluation: Evaluation) -> None:
    right, answered = threshold_chart(evaluation.outcomes).curves
    assert right.points[0][1] == pytest.approx(evaluation.score("recall@1").value)
    assert answered.points[0][1] == 1
    for (threshold, accuracy), (_, share) in zip(right.points, answered.points, strict=True):
        shown = [outcome.right for outcome in evaluation.outcomes if outcome.matches[0].score >= threshold]
        assert accuracy == pytest.approx(np.mean(shown))
        assert share == pytest.approx(len(shown) / len(evaluation.outcomes))
        assert len(shown) >= FEWEST

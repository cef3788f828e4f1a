"""The judge against a slow twin, and what counts as what."""

from __future__ import annotations

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens.errors import SourceError
from shelflens.evaluate import METRICS, Evaluation, evaluate, evaluation_json
from shelflens.evaluate.summary import confusions, worst
from shelflens.feed.base import BadRow, FeedRow, FilePhoto
from shelflens.types import Product

from .conftest import PRODUCTS, QUERIES, VIEWS, Shop, read


@pytest.fixture(scope="module")
def evaluation(shop: Shop) -> Evaluation:
    return evaluate(shop.searcher, shop.queries, read=read)


def slow_twin(shop: Shop, row: FeedRow) -> dict[str, float]:
    """One query's metrics, with lists and loops only."""
    place = row.photos[0]
    vector = shop.embedder.embed([read(place).scaled])[0].astype(np.float64)
    cosines = [float(vector @ photo) for photo in shop.gallery_vectors]
    order = sorted(range(len(cosines)), key=lambda photo: -cosines[photo])
    ranked = [shop.gallery_products[photo] for photo in order]
    wanted = row.product.product_id
    relevant = ranked.count(wanted)
    votes: dict[str, float] = {}
    for product in set(ranked):
        own = [cosine for cosine, its in zip(cosines, shop.gallery_products, strict=True) if its == product]
        votes[product] = math.log(sum(math.exp(20 * cosine) for cosine in own)) - 0.5 * math.log(len(own))
    products = sorted(votes, key=lambda product: -votes[product])
    rank = products.index(wanted) + 1
    found, average, at_r, gained = 0, 0.0, 0.0, 0.0
    for position, product in enumerate(ranked, start=1):
        if product == wanted:
            found += 1
            average += found / position / relevant
            at_r += found / position / relevant if position <= relevant else 0
            gained += 1 / math.log2(position + 1) if position <= 10 else 0
    best = sum(1 / math.log2(position + 1) for position in range(1, min(10, relevant) + 1))
    return {
        "recall@1": float(rank <= 1),
        "recall@5": float(rank <= 5),
        "recall@10": float(rank <= 10),
        "mrr": 1 / rank,
        "precision@1": ranked[:1].count(wanted) / 1,
        "precision@5": ranked[:5].count(wanted) / 5,
        "precision@10": ranked[:10].count(wanted) / 10,
        "map": average,
        "map@r": at_r,
        "ndcg@10": gained / best,
    }


def test_every_metric_of_every_query_equals_a_slow_twin(shop: Shop, evaluation: Evaluation) -> None:
    assert len(evaluation.outcomes) == len(shop.queries)
    for row, outcome in zip(shop.queries, evaluation.outcomes, strict=True):
        assert dict(zip(METRICS, outcome.values, strict=True)) == pytest.approx(slow_twin(shop, row))


def test_the_catalogue_is_hard_enough_to_tell_metrics_apart(evaluation: Evaluation) -> None:
    values = [evaluation.score(metric).value for metric in METRICS]
    assert 0.2 < evaluation.score("recall@1").value < evaluation.score("recall@10").value < 1
    assert len({round(value, 6) for value in values}) >= len(METRICS) - 1  # recall@1 and precision@1 may agree
    assert any(outcome.rank and outcome.rank > 10 for outcome in evaluation.outcomes)


def test_scores_are_means_within_their_intervals(evaluation: Evaluation) -> None:
    for place, score in enumerate(evaluation.scores):
        assert score.metric == METRICS[place]
        assert score.value == pytest.approx(np.mean([outcome.values[place] for outcome in evaluation.outcomes]))
        assert 0 <= score.low <= score.value <= score.high <= 1
        assert score.low < score.high


def test_ranks_are_places_among_the_matches(evaluation: Evaluation) -> None:
    for outcome in evaluation.outcomes:
        shown = [match.product.product_id for match in outcome.matches]
        assert len(shown) == len(set(shown)) == 10
        if outcome.product.product_id in shown:
            assert outcome.rank == shown.index(outcome.product.product_id) + 1
        else:
            assert outcome.rank is not None and outcome.rank > 10


def test_the_nearest_photo_is_of_the_right_product_and_stands_where_it_says(shop: Shop, evaluation: Evaluation) -> None:
    for row, outcome in zip(shop.queries, evaluation.outcomes, strict=True):
        vector = shop.embedder.embed([read(row.photos[0]).scaled])[0]
        cosines = shop.gallery_vectors @ vector
        own = [
            c for c, product in zip(cosines, shop.gallery_products, strict=True) if product == row.product.product_id
        ]
        assert outcome.nearest is not None
        assert outcome.nearest.photo.product_id == row.product.product_id
        assert outcome.nearest.score == pytest.approx(max(own), abs=1e-3)
        assert outcome.nearest_place == 1 + sum(c > max(own) for c in cosines)


def test_every_photo_is_embedded_once(shop: Shop) -> None:
    before = shop.embedder.embedded
    evaluate(shop.searcher, shop.queries, read=read)
    assert shop.embedder.embedded - before == len(shop.queries)


def test_a_product_that_is_not_in_the_gallery_is_a_miss_and_counted(shop: Shop, evaluation: Evaluation) -> None:
    strangers = [
        FeedRow(Product(product_id), shop.queries[0].photos, "q:1") for product_id in ("unseen", "never heard of")
    ]
    with_strangers = evaluate(shop.searcher, [*shop.queries, *strangers], read=read)
    assert with_strangers.queries_without_product == 2
    for outcome in with_strangers.outcomes[-2:]:
        assert (outcome.rank, outcome.relevant, outcome.nearest, set(outcome.values)) == (None, 0, None, {0.0})
    assert with_strangers.outcomes[-2].product.title == "A product without photos"
    share = len(shop.queries) / (len(shop.queries) + 2)
    for metric in METRICS:
        assert with_strangers.score(metric).value == pytest.approx(share * evaluation.score(metric).value)
    pairs = confusions(with_strangers.outcomes, limit=1000)
    assert len(pairs) == len(confusions(evaluation.outcomes, limit=1000)) > 20
    assert not any(outcome.relevant == 0 for outcome in worst(with_strangers.outcomes, limit=1000))


def test_rows_and_photos_that_cannot_be_used_are_reported_in_order(shop: Shop, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    rows: list[FeedRow | BadRow] = [
        BadRow("q:2", "product_id is empty"),
        FeedRow(Product("p1"), (FilePhoto(tmp_path / "absent.jpg"), *shop.queries[0].photos), "q:3"),
        FeedRow(Product("p2"), (FilePhoto(broken),), "q:4"),
        FeedRow(Product("p3"), (), "q:5"),
    ]
    evaluation = evaluate(shop.searcher, rows, read=read)
    assert [row.where for row in evaluation.bad_rows] == ["q:2", "q:3", "q:4", "q:5"]
    assert "absent.jpg" in evaluation.bad_rows[1].reason and evaluation.bad_rows[1].product_id == "p1"
    assert len(evaluation.outcomes) == 1


def test_without_any_usable_query_the_first_reason_is_told(shop: Shop) -> None:
    with pytest.raises(SourceError, match=r"2 bad rows; the first: q:2: product_id is empty"):
        evaluate(shop.searcher, [BadRow("q:2", "product_id is empty"), BadRow("q:3", "too")], read=read)
    with pytest.raises(SourceError, match="no query could be used"):
        evaluate(shop.searcher, [], read=read)


def test_a_row_with_two_photos_is_two_queries(shop: Shop) -> None:
    both = FeedRow(Product("p1"), shop.queries[0].photos + shop.queries[1].photos, "q:2")
    assert len(evaluate(shop.searcher, [both], read=read).outcomes) == 2


def test_categories_come_from_the_row_or_else_from_the_catalogue(shop: Shop, evaluation: Evaluation) -> None:
    assert [(c.category, c.queries) for c in evaluation.categories] == [("cold", 36), ("warm", 24)]
    rows = [dataclasses.replace(row, product=Product(row.product.product_id, category="row's")) for row in shop.queries]
    assert [c.category for c in evaluate(shop.searcher, rows[:3], read=read).categories] == ["row's"]


def test_categories_add_up_to_the_whole(evaluation: Evaluation) -> None:
    for metric in METRICS:
        parts = [(category.score(metric).value, category.queries) for category in evaluation.categories]
        whole = sum(value * queries for value, queries in parts) / len(evaluation.outcomes)
        assert whole == pytest.approx(evaluation.score(metric).value)


def test_without_categories_there_are_none(shop: Shop) -> None:
    alone = FeedRow(Product("never heard of"), shop.queries[0].photos, "q:2")
    assert evaluate(shop.searcher, [alone], read=read).categories == ()


def test_confusions_count_the_wrong_first_matches(evaluation: Evaluation) -> None:
    wrong = [outcome for outcome in evaluation.outcomes if not outcome.right]
    pairs = {(outcome.product.product_id, outcome.matches[0].product.product_id) for outcome in wrong}
    found = {(c.product.product_id, c.taken_for.product_id): len(c.outcomes) for c in evaluation.confusions}
    assert set(found) == pairs if len(pairs) <= 20 else set(found) < pairs
    for (product, taken_for), count in found.items():
        assert count == sum(
            (outcome.product.product_id, outcome.matches[0].product.product_id) == (product, taken_for)
            for outcome in wrong
        )
    counts = [len(confusion.outcomes) for confusion in evaluation.confusions]
    assert counts == sorted(counts, reverse=True) and counts[0] > 1


def test_the_worst_queries_are_wrong_ones_from_the_farthest_down(evaluation: Evaluation) -> None:
    ranks = [outcome.rank for outcome in worst(evaluation.outcomes, limit=8)]
    known = [rank for rank in ranks if rank is not None]
    assert known == sorted(known, reverse=True) and known[-1] > 1
    assert max(outcome.rank or 0 for outcome in evaluation.outcomes) == known[0]


def test_a_truncated_ranking_is_stated_and_never_better(shop: Shop, evaluation: Evaluation) -> None:
    shallow = evaluate(shop.searcher, shop.queries, read=read, depth=10)
    assert (shallow.depth, evaluation.depth) == (10, evaluation.photos) == (10, PRODUCTS * VIEWS + 3)
    assert shallow.score("map").value < evaluation.score("map").value
    for metric in ("recall@10", "mrr", "precision@10", "map@r", "ndcg@10"):
        assert shallow.score(metric).value == pytest.approx(evaluation.score(metric).value)


def test_the_same_seed_gives_the_same_evaluation_but_for_the_times(shop: Shop, evaluation: Evaluation) -> None:
    def timeless(one: Evaluation) -> dict[str, object]:
        return {key: value for key, value in evaluation_json(one).items() if "_ms_" not in key}

    assert timeless(evaluate(shop.searcher, shop.queries, read=read)) == timeless(evaluation)
    other = evaluate(shop.searcher, shop.queries, read=read, seed=1)
    assert other.score("map").value == evaluation.score("map").value
    assert other.score("map").low != evaluation.score("map").low


def test_progress_hears_of_every_query(shop: Shop) -> None:
    heard: list[int] = []
    evaluate(shop.searcher, shop.queries[:4], read=read, progress=heard.append)
    assert heard == [1, 2, 3, 4]


def test_a_gallery_photo_as_query_finds_itself(shop: Shop) -> None:
    photos = shop.searcher.records.photos_of("p3")
    rows = [FeedRow(Product("p3"), (FilePhoto(Path(photo.source)),), "q") for _, photo in photos]
    evaluation = evaluate(shop.searcher, rows, read=read)
    assert evaluation.score("recall@1").value == evaluation.score("mrr").value == 1
    assert all(outcome.nearest and outcome.nearest.score > 0.999 for outcome in evaluation.outcomes)


def test_times_are_of_the_two_steps(evaluation: Evaluation) -> None:
    assert 0 < evaluation.embed.p50 <= evaluation.embed.p95
    assert 0 < evaluation.search.p50 <= evaluation.search.p95


def test_the_json_has_the_documented_keys_and_no_others(evaluation: Evaluation) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    section = guide.split("## The JSON object")[1].split("\n## ")[0]
    documented = re.findall(r"`([a-z_@0-9]+)`", " ".join(re.findall(r"^\| (.*?) \|", section, re.M)))
    data = evaluation_json(evaluation)
    assert sorted(data) == sorted(documented)
    assert set(METRICS) < set(data)
    assert set(data["intervals"]) == set(METRICS)
    for category in data["per_category"].values():
        assert set(category) == {*METRICS, "queries", "queries_without_product", "intervals"}
    assert set(data["confusions"][0]) == {"product_id", "taken_for", "queries"}


def test_the_json_says_what_the_evaluation_says(evaluation: Evaluation) -> None:
    data = evaluation_json(evaluation)
    assert data["recall@1"] == evaluation.score("recall@1").value
    assert data["intervals"]["map@r"] == [evaluation.score("map@r").low, evaluation.score("map@r").high]
    assert (data["queries"], data["products"], data["photos"]) == (QUERIES, PRODUCTS + 1, PRODUCTS * VIEWS + 3)
    assert (data["model"], data["bad_rows"], data["queries_without_product"]) == ("colours", 0, 0)
    assert sum(category["queries"] for category in data["per_category"].values()) == QUERIES


def test_pictures_of_another_size_are_judged_all_the_same(shop: Shop, tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    Image.new("RGB", (640, 200), "red").save(large)
    assert evaluate(shop.searcher, [FeedRow(Product("p0"), (FilePhoto(large),), "q")], read=read).outcomes[0].rank

"""Every figure of an assessment, counted again by plain loops and by scikit-learn."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as reference

from shelflens.assess import Assessment, Model, assess, assessment_json, load_model
from shelflens.assess.retrieval import RETRIEVAL, rank, rank_among_themselves
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow, FilePhoto
from shelflens.metrics.calibration import expected_calibration_error
from shelflens.picture import open_file
from shelflens.types import Product

from .conftest import GROUPS, KNOWN, PAINTS, QUERIES, read, row


def test_photos_of_unlearnt_labels_are_in_no_figure_of_the_answers(found: Assessment) -> None:
    known = sum(photo.label != f"paint-{KNOWN}" for photo in found.seen.photos)
    assert len(found.seen.photos) == QUERIES and found.known.sum() == known < QUERIES
    assert sum(scores.photos for scores in found.classes) == known
    assert not found.right[~found.known].any()


def test_answers_are_the_serving_classifiers(found: Assessment, model: Model) -> None:
    assert model.classifier
    for place in (0, 17, QUERIES - 1):
        photo = found.seen.photos[place].place
        assert isinstance(photo, FilePhoto)
        picture = open_file(photo.path, side=model.side).image
        np.testing.assert_array_equal(found.seen.probabilities[place], model.classifier.classify([picture])[0])
        np.testing.assert_array_equal(found.seen.vectors[place], model.embedder.embed([picture])[0])


def test_figures_of_the_answers_are_scikit_learns(found: Assessment) -> None:
    assert found.labels
    names = found.labels.names
    truth = [photo.label for photo in found.seen.photos if photo.label in names]
    probabilities = found.seen.probabilities[found.known]
    answers = [names[place] for place in probabilities.argmax(axis=1)]
    assert 0.3 < reference.accuracy_score(truth, answers) < 0.95, "the paints are too easy or too hard"

    def value(metric: str) -> float:
        number = found.score(metric).value
        assert number is not None
        return number

    assert value("accuracy") == pytest.approx(reference.accuracy_score(truth, answers))
    assert value("top5") == pytest.approx(reference.top_k_accuracy_score(truth, probabilities, k=5, labels=names))
    for average in ("macro", "weighted"):
        expected = reference.precision_recall_fscore_support(truth, answers, average=average, zero_division=0)
        for metric, number in zip(("precision", "recall", "f1"), expected, strict=False):
            assert value(f"{metric}_{average}") == pytest.approx(number)
    binary = np.array([[label == name for name in names] for label in truth])
    assert value("auroc_macro") == pytest.approx(reference.roc_auc_score(binary, probabilities, average="macro"))
    assert value("average_precision_macro") == pytest.approx(
        reference.average_precision_score(binary, probabilities, average="macro")
    )
    assert value("log_loss") == pytest.approx(reference.log_loss(truth, probabilities, labels=names))
    assert value("brier") == pytest.approx(((probabilities - binary) ** 2).sum(axis=1).mean())
    right = np.array([answer == label for answer, label in zip(answers, truth, strict=True)])
    assert value("ece") == pytest.approx(expected_calibration_error(probabilities.max(axis=1), right))


def test_coarse_accuracy_sums_the_fine_probabilities(found: Assessment) -> None:
    assert found.labels
    right = []
    for photo, probabilities in zip(found.seen.photos, found.seen.probabilities, strict=True):
        if photo.label not in found.labels.names:
            continue
        sums = dict.fromkeys(("cold", "warm"), 0.0)
        for name, probability in zip(found.labels.names, probabilities, strict=True):
            sums[GROUPS["category"][name]] += probability
        right.append(max(sums, key=lambda value: sums[value]) == GROUPS["category"][photo.label])
    assert found.score("accuracy_category").value == pytest.approx(np.mean(right))


def test_confusions_hold_every_mistake_once_and_the_surest_first(found: Assessment) -> None:
    places = [place for pair in found.confusions for place in pair.places]
    assert sorted(places) == np.flatnonzero(found.known & ~found.right).tolist() and places
    for pair in found.confusions:
        sure = [found.sureness[place] for place in pair.places]
        assert sure == sorted(sure, reverse=True)
        assert all(found.seen.photos[place].label == pair.label for place in pair.places)
    sizes = [len(pair.places) for pair in found.confusions]
    assert sizes == sorted(sizes, reverse=True)


def test_intervals_hold_their_figures(found: Assessment) -> None:
    for score in (*found.scores, *found.retrieval.scores):
        if score.low is not None:
            assert score.value is not None and score.high is not None
            assert score.low < score.high
            assert score.low - 0.05 <= score.value <= score.high + 0.05, score


def test_retrieval_leaves_the_photo_itself_out_and_equals_a_loop() -> None:
    random = np.random.default_rng(4)
    vectors = random.normal(size=(40, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = random.integers(0, 6, 40)
    ranking = rank_among_themselves(vectors, labels)
    for query in range(40):
        others = [other for other in range(40) if other != query]
        others.sort(key=lambda other: -float(vectors[query] @ vectors[other]))
        relevance = [labels[other] == labels[query] for other in others]
        total = sum(relevance)
        precisions = [sum(relevance[: n + 1]) / (n + 1) for n, relevant in enumerate(relevance) if relevant]
        within = [sum(relevance[: n + 1]) / (n + 1) for n, relevant in enumerate(relevance[:total]) if relevant]
        expected = (
            any(relevance[:1]),
            any(relevance[:5]),
            any(relevance[:10]),
            sum(precisions) / total if total else 0,
            sum(within) / total if total else 0,
        )
        np.testing.assert_allclose(ranking.values[query], expected)
        assert ranking.nearest[query] == others[0] and ranking.relevant[query] == total
    apart = rank(vectors[:10], labels[:10], vectors[10:], labels[10:])
    cosines = vectors[:10] @ vectors[10:].T
    np.testing.assert_array_equal(apart.nearest, cosines.argmax(axis=1))
    np.testing.assert_array_equal(apart.values[:, 0], labels[10:][cosines.argmax(axis=1)] == labels[:10])


def test_seen_and_unseen_products_make_up_all(found: Assessment) -> None:
    whole, seen, unseen = found.retrieval, found.retrieval_seen, found.retrieval_unseen
    assert whole.queries == seen.queries + unseen.queries == QUERIES
    for of_all, of_seen, of_unseen in zip(whole.scores, seen.scores, unseen.scores, strict=True):
        assert of_seen.value is not None and of_unseen.value is not None
        assert of_all.value == pytest.approx(
            (of_seen.value * seen.queries + of_unseen.value * unseen.queries) / whole.queries
        )


def test_a_photo_alone_is_no_query_but_a_miss_against_a_gallery(
    model: Model, rows: list[FeedRow | BadRow], paints: Path
) -> None:
    single = next(one for one in rows if isinstance(one, FeedRow) and one.product.product_id == "paint-6")
    few = [*rows[:8], single]
    alone = assess(model, few, read=read)
    assert (alone.retrieval.queries, alone.retrieval.alone) == (8, 1)
    gallery = [row(photo, "paint-0", 0) for photo in sorted(paints.glob("train/paint-0/*.png"))]
    against = assess(model, few, gallery=gallery, read=read)
    assert against.gallery and len(against.gallery.photos) == len(gallery)
    assert (against.retrieval.queries, against.retrieval.queries_without_product, against.retrieval.alone) == (9, 1, 0)
    assert against.score("recall@1").value == pytest.approx(8 / 9)


def test_a_gallery_photo_that_is_among_the_data_does_not_find_itself(
    model: Model, rows: list[FeedRow | BadRow], paints: Path
) -> None:
    gallery = [row(photo, "paint-0", 0) for photo in sorted(paints.glob("train/paint-0/*.png"))]
    apart, mixed = (assess(model, rows[:8], gallery=more, read=read) for more in (gallery, [*rows[:3], *gallery]))
    assert (apart.gallery_repeated, mixed.gallery_repeated) == (0, 3)
    assert assessment_json(mixed) == {**assessment_json(apart), "gallery_photos_left_out": 3}
    with pytest.raises(SourceError, match="all gallery photos are among the data"):
        assess(model, rows[:8], gallery=rows[2:5], read=read)


def test_an_embedder_is_judged_by_its_vectors_alone(rows: list[FeedRow | BadRow], found: Assessment) -> None:
    plain = assess(load_model("lite0"), rows, read=read)
    assert plain.labels is None and plain.classes == () and plain.score("accuracy").value is None
    assert plain.score("recall@1").value == found.score("recall@1").value  # the small model's body is lite0
    assert set(assessment_json(plain)) == set(assessment_json(found)) - {"accuracy_category"}


def test_bad_rows_are_reported_in_order_and_nothing_usable_is_an_error(found: Assessment, model: Model) -> None:
    assert [bad.where for bad in found.bad_rows] == ["data.csv:98", "data.csv:99"]
    assert "no photo" in found.bad_rows[1].reason
    gone = FeedRow(Product("paint-0"), (FilePhoto(Path("/gone.png")),), "data.csv:2")
    with pytest.raises(SourceError, match=r"no photo could be used \(1 bad rows; the first: data.csv:2: /gone.png"):
        assess(model, [gone], read=read)


def test_workers_change_nothing(found: Assessment, model: Model, rows: list[FeedRow | BadRow]) -> None:
    again = assess(model, rows, read=read, workers=1)
    assert assessment_json(again) == {**assessment_json(found), "bad_rows": 0}


def test_one_photo_is_enough(model: Model, rows: list[FeedRow | BadRow]) -> None:
    single = assess(model, rows[:1], read=read)
    assert single.score("accuracy").value in (0, 1)
    assert single.retrieval.queries == 0 and single.score("recall@1").value is None
    json.dumps(assessment_json(single), allow_nan=False)


def test_the_guide_lists_every_key(found: Assessment) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "classification.md").read_text(encoding="utf-8")
    table = guide.split("## The JSON object")[1].split("\n## ")[0]
    promised = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall(r"`([^`]+)`", line.split("|")[1])
    }
    given = set(assessment_json(found))
    assert promised == {key if key != "accuracy_category" else "accuracy_GROUP" for key in given}
    json.dumps(assessment_json(found), allow_nan=False)
    assert len(found.classes) == KNOWN == PAINTS - 1
    assert all(f"`{name}`" in guide for name in RETRIEVAL)

"""Words learnt from a catalogue's own products: a drawn shop, the bundled model, SQLite."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.cli.command import shelflens as command

import shelflens
from shelflens.embed.texts import TextChoice, load_text_embedder
from shelflens.embed.tower import BUCKETS, TextTower, features
from shelflens.errors import CatalogueError, ModelError, ShelflensError, SpaceError
from shelflens.manifest import ModelManifest
from shelflens.records.base import Batch
from shelflens.records.sqlite import SqliteRecords
from shelflens.tower.bm25 import Bm25
from shelflens.tower.judging import SHARES, Likeness, Trial, judge, places, prudent
from shelflens.tower.questions import Fold, folds, halves
from shelflens.types import Preprocessing, Product

TITLES = {
    "p0": "Red ball", "p1": "Orange square", "p2": "Lime tent", "p3": "Green cushion",
    "p4": "Cyan ball", "p5": "Blue square", "p6": "Violet tent", "p7": "Pink cushion",
}  # fmt: skip
PLENTY = "For the garden and for the house, in summer and in winter"


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight products, two photos each; the third photo of each belongs to a product of which nothing is said."""
    folder = tmp_path_factory.mktemp("tower")
    lines = ["product_id,title,description,photo"]
    for product, title in TITLES.items():
        lines += [f'{product},{title},"{PLENTY}",{shop}/{product}/{number}.jpg' for number in range(2)]
        lines.append(f"mute-{product},,,{shop}/{product}/2.jpg")
    (folder / "products.csv").write_text("\n".join(lines), encoding="utf-8")
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        opened.index(folder / "products.csv")
        opened.learn_words()
    return folder / "shop.lens"


def found(path: Path, text: str, k: int) -> list[str]:
    with shelflens.open(path) as opened:
        return [match.product.product_id for match in opened.search(text=text, k=k)]


@pytest.mark.parametrize("product", ["p0", "p2", "p5", "p7"])
def test_a_product_of_which_nothing_is_said_is_found_by_what_it_looks_like(catalogue: Path, product: str) -> None:
    assert f"mute-{product}" in found(catalogue, TITLES[product], 4)
    with shelflens.open(catalogue) as opened:
        evidence = {
            match.product.product_id: match.evidence[-1].note for match in opened.search(text=TITLES[product], k=4)
        }
    assert evidence[f"mute-{product}"] == "looks like the words"


def test_words_that_nobody_uses_find_nothing(catalogue: Path) -> None:
    assert found(catalogue, "xyzzy qwfpg", 5) == []


def test_learning_twice_gives_the_same_tower(catalogue: Path) -> None:
    with shelflens.open(catalogue) as opened:
        first = opened.records.kept(f"tower@{opened.space}")
        choice = opened.learn_words()
        assert opened.records.kept(f"tower@{opened.space}") == first
        assert choice.products == 8 and choice.questions == 16


def test_the_tower_says_what_the_map_says(catalogue: Path) -> None:
    """The slow twin: the whole matrix, in single precision."""
    with shelflens.open(catalogue) as opened:
        tower = TextTower.from_json(opened.records.kept(f"tower@{opened.space}") or "", where="here")
        assert tower.space == opened.space
    row = np.zeros(BUCKETS)
    for bucket, value in zip(*features("red tent"), strict=True):
        row[bucket] = value
    expected = row @ tower.weights.astype(np.float64) @ tower.basis.astype(np.float64)
    together = tower.embed_texts(["red tent", "", "violet"])
    np.testing.assert_allclose(together[0], expected / np.linalg.norm(expected), atol=1e-5)
    assert not together[1].any()
    np.testing.assert_array_equal(together[2], tower.embed_texts(["violet"])[0])
    assert together.dtype == np.float32 and together.shape == (3, 1280)


def test_a_tower_is_read_as_it_was_written_and_damage_is_refused(catalogue: Path) -> None:
    with shelflens.open(catalogue) as opened:
        document = opened.records.kept(f"tower@{opened.space}") or ""
    tower = TextTower.from_json(document, where="here")
    assert tower.to_json() == document
    for wrong in ("", "{}", document[:-40], document.replace("text-tower/1", "text-tower/9")):
        with pytest.raises(CatalogueError, match="run learn-words again"):
            TextTower.from_json(wrong, where="here")
    with pytest.raises(CatalogueError, match="run learn-words again"):
        TextChoice.from_json('{"format": 1, "nose": 2}', where="here")


def test_a_tower_of_another_space_is_refused(catalogue: Path) -> None:
    with shelflens.open(catalogue) as opened:
        document = opened.records.kept(f"tower@{opened.space}")
        with pytest.raises(SpaceError, match="run learn-words again"):
            load_text_embedder("tower", space="0" * 12, model="other", document=lambda: document)
    with pytest.raises(ModelError, match="run learn-words"):
        load_text_embedder("tower", space="0" * 12, model="other")
    with pytest.raises(ShelflensError, match="no text_embedder called 'nose'"):
        load_text_embedder("nose", space="0" * 12, model="other")


def test_a_damaged_tower_fails_questions_in_words_and_no_others(catalogue: Path, shop: Path, tmp_path: Path) -> None:
    with shelflens.open(shutil.copytree(catalogue, tmp_path / "shop.lens")) as opened:
        opened.records.keep(f"tower@{opened.space}", "damaged")
        opened.reread()
        assert opened.search(shop / "p0" / "0.jpg")
        with pytest.raises(CatalogueError, match="run learn-words again"):
            opened.search(text="red ball")


def test_too_few_products_with_words_are_refused(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "shop.lens", create=True) as opened:
        opened.index(shop)
        opened.remove([f"p{number}" for number in range(3, 8)])
        with pytest.raises(CatalogueError, match="3 products have words and photos"):
            opened.learn_words()
        assert opened.records.kept(f"texts@{opened.space}") is None


def test_the_command_says_what_was_learnt(catalogue: Path) -> None:
    said = json.loads(command("learn-words", catalogue, "--json").output)
    assert (said["name"], said["products"], said["questions"]) == ("tower", 8, 16)
    assert 0 <= said["share"] <= 1
    assert "Learnt from 8 products" in command("learn-words", catalogue).output


def test_a_running_searcher_takes_up_a_new_tower(catalogue: Path) -> None:
    with shelflens.open(catalogue) as opened:
        before = opened.documents()
        opened.records.keep(f"texts@{opened.space}", TextChoice("tower", 0.5, digest="new").to_json())
        assert opened.documents() != before
        opened.learn_words()


# -- what the settings are chosen by


def test_halves_are_halves_and_every_half_is_asked_once() -> None:
    assert halves("a b c d e") == ("a b c", "d e")
    assert halves("one") == ("one", "")
    products = [Product("p", "Name", "a b c d"), Product("q", "Only Title")]
    first, second = folds(products)
    assert [one.description for one in first.known] == ["a b", ""]
    assert [one.title for one in first.known] == ["Name", "Only"]
    assert first.asked == ("c d", "Title")
    assert second.asked == ("a b", "Only")


def test_a_place_is_how_many_are_better() -> None:
    random = np.random.default_rng(1)
    scores = random.integers(0, 6, (50, 9)).astype(np.float64)
    right = random.integers(0, 9, 50)
    slow = [
        sum(other > row[at] for other in row) + (sum(other == row[at] for other in row) - 1) / 2
        for row, at in zip(scores.tolist(), right.tolist(), strict=True)
    ]
    np.testing.assert_array_equal(places(scores, right), slow)


def test_looks_get_a_share_where_they_know_and_the_least_where_words_know() -> None:
    def knowing(_: Fold, questions: Sequence[str]) -> Iterator[tuple[float, Likeness]]:
        yield 0.0, np.eye(12, dtype=np.float32)[: len(questions)]

    def guessing(_: Fold, questions: Sequence[str]) -> Iterator[tuple[float, Likeness]]:
        yield 0.0, np.random.default_rng(0).standard_normal((len(questions), 12)).astype(np.float32)

    # Each product's second word is the next one's first, so words always name another product.
    misleading = [Product(f"p{number}", "thing", f"word{number} word{(number + 1) % 12}") for number in range(12)]
    telling = [Product(f"p{number}", "thing", f"word{number} word{number}") for number in range(12)]
    assert prudent(judge(misleading, knowing, settings=1, tell=lambda *_: None)).share > 0.5
    trials = judge(telling, guessing, settings=1, tell=lambda *_: None)
    assert prudent(trials).share == SHARES[0]
    assert all(trial.top5_text == 1 for trial in trials)


def test_the_least_share_is_taken_that_is_not_clearly_worse() -> None:
    random = np.random.default_rng(2)
    best = random.uniform(0.4, 0.6, 200)

    def trial(share: float, setting: float, ranks: NDArray[np.float64]) -> Trial:
        return Trial(setting, share, ranks, 0, 0, 0)

    worse, as_good = best - 0.1, best - random.choice([-0.1, 0.101], 200)
    chosen = prudent([trial(0.0, 1, worse), trial(0.2, 1, as_good), trial(0.2, 3, as_good), trial(0.6, 9, best)])
    assert (chosen.share, chosen.setting) == (0.2, 3)


def test_bm25_in_memory_is_that_of_the_records(tmp_path: Path) -> None:
    words = [
        "apple",
        "juice",
        "green",
        "red",
        "pressed",
        "pulp",
        "with",
        "from",
        "never",
        "litre",
        "橙子",
        "果汁",
        "mango",
    ]
    random = np.random.default_rng(5)
    products = [
        Product(
            f"p{number:02}",
            " ".join(random.choice(words, 3)),
            " ".join(random.choice(words, int(random.integers(0, 20)))),
            category=str(random.choice(words)),
        )
        for number in range(40)
    ]
    records = SqliteRecords(tmp_path, create=True)
    space = records.add_space(ModelManifest("tiny", "0" * 64, 4, Preprocessing(), "Apache-2.0"))
    records.write(Batch(products), space=space)
    records.replace_product(products[3])
    texts = ["apple juice", "橙子", "gren aple", "litre p07", "mango mango with"]
    for text, row in zip(texts, Bm25(products).scores(texts), strict=True):
        hits = {hit.product_id: hit.score for hit in records.agreeing(text, k=100)}
        expected = {product.product_id: score for product, score in zip(products, row, strict=True) if score > 0}
        assert hits == pytest.approx(expected, rel=1e-6)
    records.close()

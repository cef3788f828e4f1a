"""Products found by words, and by picture and words together: real shop photos, and the drawn shop.

Times are the CPU's, so that a busy machine measures the same; run it with OMP_NUM_THREADS=1 for those of one core.
Nothing is chosen here: what there is to choose, `learn-words` chooses on held-out halves of each catalogue's own texts.
"""

from __future__ import annotations

import csv
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from bench.photos import REPOSITORY
from bench.report import Cell, Demand, Section, Table
from bench.workbench import MODEL, Workbench
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.assemble.documents import TEXTS
from shelflens.demo import draw
from shelflens.feed.base import FeedRow, FilePhoto
from shelflens.feed.opening import open_feed
from shelflens.picture import decode_side
from shelflens.records.base import Batch, Embedded, Records
from shelflens.search import Gallery, Options, Searcher, Wish, open_view
from shelflens.tower.questions import halves
from shelflens.types import Photo, Product

DRAWS = 5  # of typing errors for each title
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WEIGHTS = (0.2, 0.35, 0.5, 0.65, 0.8)  # of words beside a picture; the middle one is the default


def run(bench: Workbench) -> Section:
    tables: list[Table] = []
    demands: list[Demand] = []
    skipped = ""
    if bench.data:
        rows, its = groceries(bench, bench.data)
        tables.append(rows)
        demands += its
    else:
        skipped = "the real photos are not there"
    for table, its in (drawn(bench), composed(bench), learning(bench)):
        tables.append(table)
        demands += its
    return Section("Words", tuple(tables), tuple(demands), skipped)


# -- real products


def groceries(bench: Workbench, data: Path) -> tuple[Table, list[Demand]]:
    """81 products with titles and descriptions; photos from shops, and one of a catalogue each."""
    path = bench.scratch / "groceries.lens"
    photos = _every(data / "grocery" / "train.csv", bench.scratch / "photos.csv", bench.every)
    rows: list[tuple[Cell, ...]] = []
    demands: list[Demand] = []
    with open_catalogue(path, create=True, model=MODEL, locate="whole") as catalogue:
        catalogue.index(data / "grocery" / "catalogue.csv", photos)
        products = [product for product in catalogue.records.products() if product.title and product.description]
        products = products[:: 10 if bench.tiny else 1]
        asked: list[tuple[str, int, float, Callable[[], Iterator[tuple[str, str]]]]] = [
            ("its title", 3, 0.95, lambda: _titles(products)),
            ("its title with two typing errors", 3, 0.85, lambda: _misspelt(products)),
        ]
        for what, top, limit, questions in asked:
            found = [_share(catalogue, questions(), top) for _ in _with_and_without_tower(catalogue)]
            rows.append((what, top, *found))
            demands.append(Demand(f"Grocery, {what}: in the top {top}", found[1], limit, at_least=True))
        beyond, within = _beyond_the_store(catalogue, products)
        halved: list[list[float]] = []
        for known in (0, 1):
            for product in products:
                half = halves(product.description)[known]
                catalogue.records.replace_product(replace(product, description=half))
            queries = [(halves(product.description)[1 - known], product.product_id) for product in products]
            halved.append([_share(catalogue, queries, 5) for _ in _with_and_without_tower(catalogue)])
            rows.append((f"the {('second', 'first')[known]} half of its description, unseen", 5, *halved[-1]))
        both = [float(np.mean(way)) for way in zip(*halved, strict=True)]
        rows.append(("either half, unseen", 5, *both))
    demands.append(Demand("Grocery, an unseen half of its description: in the top 5", both[1], 0.7, at_least=True))
    demands.append(Demand("a query by words, CPU ms beyond the store's", 1e3 * beyond, 10, at_least=False))
    times = f"{1e3 * within:.1f} ms in the store and {1e3 * beyond:.1f} ms beyond"
    note = f"{len(products)} products; a query by words takes {times}."
    return Table(
        "Groceries by words: share of the questions whose product is among the first", *_columns(rows, note)
    ), demands


def _columns(rows: Sequence[tuple[Cell, ...]], note: str) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...], str]:
    return ("asked by", "among the first", "words with words", "and with photos (learn-words)"), tuple(rows), note


def _with_and_without_tower(catalogue: Catalogue) -> Iterator[None]:
    """Once as it is, once after learn-words."""
    catalogue.records.forget(f"{TEXTS}@{catalogue.space}")
    catalogue.reread()
    yield
    catalogue.learn_words()
    yield


def _share(catalogue: Catalogue, questions: Sequence[tuple[str, str]] | Iterator[tuple[str, str]], top: int) -> float:
    """Of (text, product_id), those whose product is among the first."""
    right = [
        product_id in [match.product.product_id for match in catalogue.search(text=text, k=top)]
        for text, product_id in questions
    ]
    return float(np.mean(right))


def _titles(products: Sequence[Product]) -> Iterator[tuple[str, str]]:
    return ((product.title, product.product_id) for product in products)


def _misspelt(products: Sequence[Product]) -> Iterator[tuple[str, str]]:
    for draw_number in range(DRAWS):
        for number, product in enumerate(products):
            dice = random.Random(f"{draw_number} {number}")
            yield _mistyped(_mistyped(product.title, dice), dice), product.product_id


def _mistyped(text: str, dice: random.Random) -> str:
    """A letter left out, put in, replaced, or exchanged with the next: Damerau, 1964."""
    at = dice.randrange(len(text))
    return dice.choice(
        (
            text[:at] + text[at + 1 :],
            text[:at] + dice.choice(LETTERS) + text[at:],
            text[:at] + dice.choice(LETTERS) + text[at + 1 :],
            text[:at] + text[at : at + 2][::-1] + text[at + 2 :],
        )
    )


class _Timed:
    """Anything, with the seconds that its methods take."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def timed(*values: Any, **options: Any) -> Any:
            started = time.process_time()
            result = found(*values, **options)
            result = iter(list(result)) if isinstance(result, Iterator) else result
            self.seconds += time.process_time() - started
            return result

        return timed


def _beyond_the_store(catalogue: Catalogue, products: Sequence[Product]) -> tuple[float, float]:
    """Median CPU seconds of a search by words, beyond those that records and vector index take, and in these."""
    plain = catalogue.searcher
    records, gallery = _Timed(plain.records), _Timed(plain.gallery)
    wording = plain.wording
    searcher = Searcher(
        cast(Records, records),
        cast(Gallery, gallery),
        plain.embedder,
        ranking=plain.ranker.ranking,
        texts=wording.embedder,
        texts_share=wording.looks,
    )
    beyond, within = [], []
    for product in [*products[:5], *products]:  # the first few warm it up
        records.seconds = gallery.seconds = 0.0
        started = time.process_time()
        searcher.search((), Options(), Wish(product.title))
        within.append(records.seconds + gallery.seconds)
        beyond.append(time.process_time() - started - within[-1])
    return float(np.median(beyond[5:])), float(np.median(within[5:]))


def _every(table: Path, into: Path, step: int) -> Path:
    """Each `step`-th row, with absolute paths."""
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::step]
    with into.open("w", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "photo": str(table.parent / row["photo"])} for row in rows)
    return into


# -- the drawn shop


@dataclass(frozen=True)
class Shop:
    catalogue: Catalogue
    queries: Path


@contextmanager
def _shop(bench: Workbench) -> Iterator[Shop]:
    """As `make demo` draws it; drawn anew where that was not called."""
    folder = REPOSITORY / "demo"
    if bench.tiny or not (folder / "queries.csv").exists():
        folder = bench.scratch / "demo"
        if not (folder / "queries.csv").exists():
            draw(folder, products=8 if bench.tiny else 120)
    with open_catalogue(bench.scratch / "shop.lens", create=True, model=MODEL, locate="whole") as catalogue:
        catalogue.index(folder / "catalogue.csv")
        yield Shop(catalogue, folder / "queries.csv")


def drawn(bench: Workbench) -> tuple[Table, list[Demand]]:
    """Titles in English, and in Chinese where nothing else is known of the products."""
    rows: list[tuple[Cell, ...]] = []
    with _shop(bench) as shop:
        catalogue = shop.catalogue
        products = list(catalogue.records.products())
        english = [_share(catalogue, _titles(products), 3) for _ in _with_and_without_tower(catalogue)]
        rows.append(("its English title", 3, *english))
        chinese = [Product(product.product_id, str(product.attributes["title_zh"])) for product in products]
        for product in chinese:
            catalogue.records.replace_product(product)
        found = [_share(catalogue, _titles(chinese), 3) for _ in _with_and_without_tower(catalogue)]
        rows.append(("its Chinese title, the only text there is", 3, *found))
        for product in products:
            catalogue.records.replace_product(product)
    demands = [Demand("drawn shop, its Chinese title: in the top 3", found[1], 0.95, at_least=True)]
    return Table("The drawn shop by words", *_columns(rows, f"{len(products)} products.")), demands


def composed(bench: Workbench) -> tuple[Table, list[Demand]]:
    """The picture of one product and the flavour of another of its brand."""
    rows: list[tuple[Cell, ...]] = []
    with _shop(bench) as shop:
        catalogue = shop.catalogue
        catalogue.learn_words()
        products = {product.product_id: product for product in catalogue.records.products()}
        pictures = {"a photo from the shop": _shop_photos(shop), "its own catalogue picture": _own_pictures(catalogue)}
        for kind, photos in pictures.items():
            pairs = list(_pairs(products, photos))
            rows.append((kind, "picture alone", _together(catalogue, pairs, photos, 0.0)))
            rows += [
                (kind, f"together, words {weight:g}", _together(catalogue, pairs, photos, weight))
                for weight in (WEIGHTS if not bench.tiny else WEIGHTS[2:3])
            ]
            rows.append((kind, "words alone", _together(catalogue, pairs, None, 1.0)))
    default = [float(row[2]) for row in rows if row[1] == f"together, words {Wish().text_weight:g}"]
    demands = [
        Demand(f"picture of one, flavour of another ({kind}): in the top 3", share, 0.9, at_least=True)
        for kind, share in zip(pictures, default, strict=True)
    ]
    note = f"{len(pairs)} pairs of one brand. The default weight of words is {Wish().text_weight:g}."
    columns = ("picture", "asked by", "the other flavour is among the first three")
    return Table("This one, but with another flavour", columns, tuple(rows), note), demands


def learning(bench: Workbench) -> tuple[Table, list[Demand]]:
    """How long it takes for a large catalogue: made-up words by Zipf's law, vectors at random."""
    count = 100 if bench.tiny else 3_000
    random_numbers = np.random.default_rng(0)
    letters = np.array(list("aeioubdfgklmnprst"))
    vocabulary = np.array(
        ["".join(random_numbers.choice(letters, int(size))) for size in random_numbers.integers(3, 11, 8_000)]
    )
    frequency = 1 / np.arange(1, len(vocabulary) + 1)
    frequency /= frequency.sum()
    vectors = random_numbers.standard_normal((count, bench.manifest.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    products = [
        Product(f"p{number:05}", " ".join(said[:4]), " ".join(said[4:]))
        for number in range(count)
        for said in (random_numbers.choice(vocabulary, 44, p=frequency).tolist(),)
    ]
    photos = [
        Embedded(Photo(f"{number:064x}", product.product_id, f"{number}.jpg", 640, 640), vector, bench.manifest.space)
        for number, (product, vector) in enumerate(zip(products, vectors, strict=True))
    ]
    with open_catalogue(bench.scratch / "large.lens", create=True, model=MODEL, locate="whole") as catalogue:
        space = catalogue.records.add_space(bench.manifest)
        started = time.process_time()
        catalogue.records.write(Batch(products, photos), space=space)
        written = time.process_time()
        catalogue.learn_words()
        learnt = time.process_time()
        asked = []
        for product in products[:50]:
            begun = time.process_time()
            catalogue.records.agreeing(product.title, k=50)
            asked.append(time.process_time() - begun)
    rows = (
        ("written, words listed", written - started),
        ("learn-words", learnt - written),
        ("one question to the full text, ms", 1e3 * float(np.median(asked))),
    )
    demands = [Demand("learn-words, 3,000 products, CPU seconds", learnt - written, 60, at_least=False)]
    return Table(f"{count:,} products of 44 words each", ("what", "CPU seconds"), rows), demands


def _pairs(products: dict[str, Product], photos: dict[str, Path]) -> Iterator[tuple[Product, Product]]:
    for one in products.values():
        for other in products.values():
            if one.brand == other.brand and one != other and one.product_id in photos:
                yield one, other


def _together(
    catalogue: Catalogue, pairs: Sequence[tuple[Product, Product]], photos: dict[str, Path] | None, weight: float
) -> float:
    """Share of the pairs whose second is found; `photos` None: by words alone."""
    searcher = catalogue.searcher
    side = decode_side(searcher.embedder.manifest.preprocessing)
    views = {one.product_id: [open_view(photos[one.product_id], side=side)] for one, _ in pairs} if photos else {}
    vectors = {product_id: searcher.embed(its) for product_id, its in views.items()}
    right = []
    for one, other in pairs:
        wish = Wish(str(other.attributes["flavour"]), text_weight=weight)
        its = vectors.get(one.product_id)
        matches = searcher.search_embedded(
            its if its is not None else np.empty((0, 0), np.float32), views.get(one.product_id, []), Options(k=3), wish
        )
        right.append(other.product_id in [match.product.product_id for match in matches])
    return float(np.mean(right))


def _shop_photos(shop: Shop) -> dict[str, Path]:
    """The first of each product: taken at the shelf, its front in sight."""
    found: dict[str, Path] = {}
    for row in open_feed(str(shop.queries)):
        if isinstance(row, FeedRow) and isinstance(row.photos[0], FilePhoto):
            found.setdefault(row.product.product_id, Path(row.photos[0].path))
    return found


def _own_pictures(catalogue: Catalogue) -> dict[str, Path]:
    records = catalogue.records
    return {one.product_id: Path(records.photos_of(one.product_id)[0][1].source) for one in records.products()}

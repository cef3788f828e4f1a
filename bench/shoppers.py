"""Simulated shoppers whose taste is known: does re-ranking put more to their taste on top, and what does it cost?

A shopper favours three brands, two colours and a level of price; the utility of a product is what these add up to. His
events are drawn from the products in proportion to exp(utility / TEMPERATURE) over two months. He browses with photos
of what the shop does not sell: everything alike will do, so a product gains by its utility. Beside that: photos of what
the shop sells must still find it first, and within the photo's category he has his taste, too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import drawn
from bench.report import Demand, Section, Table
from bench.workbench import Workbench
from shelflens import plug
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.search import Options
from shelflens.shopper.base import Event, Events, Kind
from shelflens.shopper.profile import profile_of
from shelflens.shopper.recommending import Recommender
from shelflens.shopper.reranking import DEPTH, personalise
from shelflens.shopper.taste import Taste
from shelflens.types import Match, Product, Vectors

SHOPPERS = 120
EVENTS = 30  # of each
WAITING = 64  # shoppers whose events come at the same time
BROWSED = 12  # photos that each browses with
TEMPERATURE = 0.5
DAY = 86_400.0
NOW = 1.8e9
K = 10


@dataclass(frozen=True, slots=True)
class _Shopper:
    utility: Mapping[str, float]  # by product_id
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class _Query:
    product_id: str
    matches: tuple[Match, ...]
    vectors: Vectors


def run(bench: Workbench) -> Section:
    shop = drawn.shop(bench)
    rng = np.random.default_rng(11)
    with open_catalogue(drawn.catalogue(shop)) as opened:
        products = {product.product_id: product for product in opened.records.products()}
        shoppers = [_shopper(list(products.values()), rng) for _ in range(8 if bench.tiny else SHOPPERS)]
        events: Events = plug.find("events", "sqlite")(bench.scratch)
        for number, shopper in enumerate(shoppers):
            events.add(number.to_bytes(16, "big"), shopper.events)
        recommender = Recommender(opened.records, opened.gallery, events)
        unsold, sold = (_queries(opened, shop.photos(table)) for table in ("unknown", "queries"))
        browsed, exact, within, chosen = (_Pairs() for _ in range(4))
        for shopper in shoppers:
            profile = profile_of(shopper.events, now=NOW)
            taste = recommender.taste(profile)
            for query in _drawn(unsold, rng):
                browsed.add(*(ndcg(order, shopper.utility) for order in _orders(query, taste)))
            for query in _drawn(sold, rng):
                exact.add(*(float(order[0] == query.product_id) for order in _orders(query, taste)))
                kind = {
                    one: utility
                    for one, utility in shopper.utility.items()
                    if products[one].category == products[query.product_id].category
                }
                within.add(*(ndcg([one for one in order if one in kind], kind) for order in _orders(query, taste)))
            new = [one for one in products if one not in profile.seen]
            found = [one.product.product_id for one in recommender.for_user(profile, k=K)]
            chosen.add(*(float(np.mean([shopper.utility[one] for one in some] or [0.0])) for some in (new, found)))
        events.close()
    rows = (
        ("nDCG@10, browsing with what is not sold", *browsed.means()),
        ("exact product first", *exact.means()),
        ("nDCG@10 within the category of what is sold", *within.means()),
        ("utility: anything new, what is recommended", *chosen.means()),
    )
    rate = _events_a_second(bench)
    table = Table(f"{len(shoppers)} simulated shoppers", ("", "for anybody", "for the user"), rows)
    (before, after), (right, still) = browsed.means(), exact.means()
    demands = (
        Demand("nDCG@10 for the user / for anybody", after / max(before, 1e-9), 1.15, at_least=True),
        Demand("points of Recall@1 lost", 100 * (right - still), 0.5, at_least=False),
        Demand(f"events a second, each acknowledged, of {WAITING} shoppers at once", rate, 1_000, at_least=True),
    )
    return Section("Shoppers", (table,), demands)


def _events_a_second(bench: Workbench) -> float:
    """Every shopper waits until his event is on the disk before he does the next thing."""
    folder = bench.scratch / "events"
    folder.mkdir()
    events: Events = plug.find("events", "sqlite")(folder)

    def shop(number: int) -> None:
        for step in range(EVENTS):
            events.add(number.to_bytes(16, "big"), [Event(Kind.VIEW, f"p{step}", NOW)])

    started = time.perf_counter()
    with ThreadPoolExecutor(WAITING) as pool:
        list(pool.map(shop, range(WAITING)))
    seconds = time.perf_counter() - started
    assert events.counts().events == WAITING * EVENTS
    events.close()
    return WAITING * EVENTS / seconds


@dataclass(slots=True)
class _Pairs:
    """Two figures of each search: for anybody, and for the user."""

    plain: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    def add(self, plain: float, own: float) -> None:
        self.plain.append(plain)
        self.own.append(own)

    def means(self) -> tuple[float, float]:
        return float(np.mean(self.plain)), float(np.mean(self.own))


def _drawn(queries: Sequence[_Query], rng: np.random.Generator) -> list[_Query]:
    places = rng.choice(len(queries), min(BROWSED, len(queries)), replace=False)
    return [queries[place] for place in places.tolist()]


def _orders(query: _Query, taste: Taste) -> tuple[list[str], list[str]]:
    """Product ids as anybody gets them, and as the user does."""
    own = personalise(query.matches, query.vectors, taste)
    return [one.product.product_id for one in query.matches], [one.product.product_id for one in own]


def ndcg(order: Sequence[str], gains: Mapping[str, float], *, k: int = K) -> float:
    """0..1; exponential gains (Burges et al. 2005). The truth's own order is the ideal."""
    discounts = 1 / np.log2(np.arange(2, k + 2))
    got = np.array([2 ** gains.get(one, 0.0) - 1 for one in order[:k]])
    best = np.array(sorted((2**gain - 1 for gain in gains.values()), reverse=True)[:k])
    ideal = float(best @ discounts[: len(best)])
    return float(got @ discounts[: len(got)]) / ideal if ideal else 1.0


def _queries(opened: Catalogue, photos: Sequence[tuple[Path, str]]) -> list[_Query]:
    found = []
    for photo, product_id in photos:
        matches = opened.answer([photo], Options(k=DEPTH)).matches
        vectors = opened.records.vectors([match.photo.photo_id for match in matches], space=opened.space)
        found.append(_Query(product_id, matches, vectors))
    return found


def _shopper(products: Sequence[Product], rng: np.random.Generator) -> _Shopper:
    brands = set(rng.choice(sorted({one.brand for one in products}), 3))
    colours = set(rng.choice(sorted({str(one.attributes["colour"]) for one in products}), 2))
    prices = np.log([one.price or 1.0 for one in products])
    wanted = rng.normal(prices.mean(), prices.std())
    utility = {
        one.product_id: 1.5 * (one.brand in brands)
        + 1.0 * (str(one.attributes["colour"]) in colours)
        + 0.5 * float(np.exp(-((price - wanted) ** 2)))
        for one, price in zip(products, prices, strict=True)
    }
    values: NDArray[np.float64] = np.array(list(utility.values()))
    weights = np.exp(values / TEMPERATURE)
    taken = rng.choice(len(products), EVENTS, p=weights / weights.sum())
    kinds = rng.choice([Kind.VIEW, Kind.VIEW, Kind.CLICK, Kind.LIKE, Kind.BUY], EVENTS)
    ages = rng.uniform(0, 60, EVENTS)
    events = [
        Event(Kind(str(kind)), products[place].product_id, NOW - DAY * age)
        for place, kind, age in zip(taken.tolist(), kinds.tolist(), ages.tolist(), strict=True)
    ]
    return _Shopper(utility, tuple(events))

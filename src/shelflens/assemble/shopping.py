"""A catalogue's shoppers: what they do is kept, and what is known of them is used, where a user is named.

Events lie beside the records: in the directory, or in PostgreSQL. The key of the pseudonyms lies in neither database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock

from shelflens import plug
from shelflens.assemble.parts import Parts
from shelflens.assemble.store import Store
from shelflens.errors import CatalogueError
from shelflens.filters import Filter
from shelflens.records.address import Address
from shelflens.search import Answer, Options
from shelflens.settings import Settings
from shelflens.shopper.base import Event, EventCounts, Events
from shelflens.shopper.profile import Profile, profile_of
from shelflens.shopper.pseudonym import FILE, Pseudonyms
from shelflens.shopper.recommending import Recommendation, Recommender
from shelflens.shopper.reranking import DEPTH, personalise
from shelflens.types import Match


def open_events(store: Store) -> Events:
    """Beside the records. Raises CatalogueError."""
    shared = isinstance(store.location, Address)
    found: Events = plug.find("events", "postgres" if shared else "sqlite")(
        store.location if shared else store.directory
    )
    return found


def key_file(store: Store, settings: Settings) -> Path:
    """Where the key of the pseudonyms lies. Raises CatalogueError where several machines need it and nobody said."""
    if not isinstance(store.location, Address):
        return store.directory / FILE
    if settings.shoppers_key is None:
        raise CatalogueError(
            f"{store.location}: users of a shared catalogue need SHELFLENS_SHOPPERS_KEY, the file with the key of "
            "their pseudonyms, the same on every machine; the first machine makes it"
        )
    return settings.shoppers_key


class Shoppers:
    """Safe to call from several threads. Users are named as the shop names them; only pseudonyms are kept."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._opening = Lock()
        self._opened: Events | None = None

    @property
    def any(self) -> bool:
        """Was anything ever kept?"""
        if "_pseudonyms" in self.__dict__:
            return True
        if isinstance(self._parts.store.location, Address):
            return self._events.seal() is not None
        return self._key_file.is_file()

    # -- what they do

    def feedback(self, user: str, events: Sequence[Event]) -> None:
        """Durable on return; all or none. Raises CatalogueError for what is no user id."""
        self.feedback_later(user, events).result()

    def feedback_later(self, user: str, events: Sequence[Event]) -> Future[None]:
        """As `feedback`, without waiting: done when the events are durable."""
        return self._events.add_later(self._pseudonyms.of(user), events)

    def unknown(self, product_ids: Sequence[str]) -> set[str]:
        """Those that are not in the catalogue."""
        return set(product_ids) - {product.product_id for product in self._parts.records.products(list(product_ids))}

    def events(self, user: str) -> list[Event]:
        """All that is known of a user, the newest first: what he may ask to see."""
        return self._events.of(self._pseudonyms.of(user)) if self.any else []

    def forget(self, user: str) -> int:
        """Leaves no trace of a user; returns how many events there were."""
        return self._events.forget(self._pseudonyms.of(user)) if self.any else 0

    def counts(self) -> EventCounts:
        return self._events.counts() if self.any else EventCounts(0, 0)

    # -- what is known of them

    def profile(self, user: str) -> Profile:
        return profile_of(self.events(user), now=time.time())

    def recommend(
        self,
        *,
        user: str | None = None,
        like: str | None = None,
        goes_with: str | None = None,
        k: int = 10,
        condition: Filter | None = None,
    ) -> tuple[Recommendation, ...]:
        """For a user, like a product (of the user's taste, if one is named), or going with a product. Raises
        CatalogueError where none of them, or both products, are given, and for a product that is not there."""
        if like is not None and goes_with is not None:
            raise CatalogueError("recommend takes like or goes_with, not both")
        if like is not None:
            taste = self._recommender.taste(self.profile(user)) if user is not None else None
            return self._recommender.like(like, k=k, condition=condition, taste=taste)
        if goes_with is not None:
            return self._recommender.goes_with(goes_with, k=k, condition=condition)
        if user is None:
            raise CatalogueError("recommend needs a user, like or goes_with")
        return self._recommender.for_user(self.profile(user), k=k, condition=condition)

    def personal(self, matches: Sequence[Match], user: str, *, k: int) -> tuple[Match, ...]:
        """The matches of a search, more than `k` where there are, in the user's order within the bound; the first k."""
        profile = self.profile(user)
        if not profile.interests:
            return tuple(matches[:k])
        recommender, head = self._recommender, matches[:DEPTH]
        # Of the space that the taste is made from: another model may take its place meanwhile.
        vectors = self._parts.records.vectors([one.photo.photo_id for one in head], space=recommender.space)
        return personalise(matches, vectors, recommender.taste(profile))[:k]

    def searched(self, ask: Callable[[Options], Answer], options: Options, user: str | None) -> Answer:
        """What `ask` answers, in the user's order; as it is where no user is named."""
        if user is None:
            return ask(options)
        answer = ask(replace(options, k=max(options.k, DEPTH)))
        return replace(answer, matches=self.personal(answer.matches, user, k=options.k))

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                self._opened.close()

    @property
    def _events(self) -> Events:
        with self._opening:
            if self._opened is None:
                self._opened = open_events(self._parts.store)
            return self._opened

    @cached_property
    def _pseudonyms(self) -> Pseudonyms:
        """Raises CatalogueError where the events were kept under another key than this machine's."""
        file, events = self._key_file, self._events
        seal = events.seal()
        if seal is not None and not file.is_file():
            raise CatalogueError(f"{file}: the key of the users' pseudonyms is not there; put it back, or copy it here")
        pseudonyms = Pseudonyms(file)
        if events.seal(pseudonyms.seal) != pseudonyms.seal:
            raise CatalogueError(
                f"{file}: not the key that the users' pseudonyms were made with; put the right one back"
            )
        return pseudonyms

    @property
    def _key_file(self) -> Path:
        return key_file(self._parts.store, self._parts.settings)

    @property
    def _recommender(self) -> Recommender:
        return Recommender(self._parts.records, self._parts.gallery, self._events)

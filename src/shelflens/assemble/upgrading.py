"""Another model for a catalogue that is in use: prepared beside, shown, switched to and back, while searches go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shelflens.assemble.parts import Parts
from shelflens.assemble.succession import Succession
from shelflens.feed.base import Columns, Feed
from shelflens.feed.opening import open_feed
from shelflens.indexing import PhotoReader
from shelflens.promotion import Model, OnBad, OnProgress, Promotion, Served, switched, transition, upgrade
from shelflens.promotion.naming import check_unseen, embedder_name, trained
from shelflens.promotion.upgrading import to_be_switched


@dataclass(frozen=True, slots=True)
class Upgrading:
    """Where an upgrade stands."""

    old: Model
    new: Model
    embedded: int  # photos with a vector of the new model
    lacking: int  # and without
    ready: bool  # it can be switched to, or back to
    switched: bool  # searches use the new model

    @property
    def line(self) -> str:
        """For people."""
        used = self.new if self.switched else self.old
        done = f"{self.embedded} photos embedded" + (f", {self.lacking} to go" if self.lacking else "")
        return f"upgrade {self.old.name} -> {self.new.name}: {done}; searches use {used.name}"


class Upgraded(Served, Protocol):
    """The catalogue itself."""

    @property
    def reader(self) -> PhotoReader: ...

    def beside(self, model: str) -> Upgraded:
        """The same with another model."""
        ...


def _nobody_listens(_stage: str, _done: int, _of: int | None) -> None: ...


class Upgrades:
    """Of one catalogue."""

    def __init__(self, parts: Parts, catalogue: Upgraded) -> None:
        self._parts = parts
        self._catalogue = catalogue
        self._succession = Succession(parts)

    def run(
        self,
        model: str,
        *,
        queries: str | Path | Feed | None = None,
        pictures: str | Path | Feed | None = None,
        columns: Columns | None = None,
        seed: int = 0,
        on_progress: OnProgress = _nobody_listens,
        on_bad: OnBad | None = None,
    ) -> Promotion:
        """Embeds all photos with the other model, too, then asks both: `queries`, a table as for `evaluate`; `pictures`
        of which nobody has said what they show; or the catalogue's own photos. From its beginning on, new photos get
        both vectors. Stop it at any time; the same call goes on. Raises ShelflensError."""
        if queries is None and pictures is None:
            check_unseen(model)
        new = self._catalogue.beside(embedder_name(model))
        try:
            return upgrade(
                self._catalogue,
                new,
                queries=queries,
                pictures=open_feed(str(pictures), columns=Columns()) if isinstance(pictures, str | Path) else pictures,
                columns=columns,
                by_heart=trained(model),
                seed=seed,
                on_progress=on_progress,
                on_bad=on_bad,
            )
        finally:
            new.reader.close()

    def switch(self, *, allow_missing: bool = False, on_bad: OnBad | None = None) -> Promotion:
        """Searches use the new model from now on, in every process; `Catalogue.roll_back` is the way back. Photos that
        still lack a vector get it first. Raises CatalogueError, and then nothing changes."""
        records, there = self._parts.records, to_be_switched(self._parts.records).after
        if records.count_unembedded(there):
            new = self._catalogue.beside(records.spaces()[there].name)
            new.fill(on_bad=on_bad)
            new.reader.close()
        promotion = switched(records, allow_missing=allow_missing)
        self._parts.follow_space()
        return promotion

    def state(self) -> Upgrading | None:
        """None: nothing is under way and there is nothing to go back to."""
        records = self._parts.records
        now, manifests = transition(records), records.spaces()
        if now is None or not {now.before, now.after} <= manifests.keys():
            return None
        old, new = (Model(manifests[space].name, space) for space in (now.before, now.after))
        counts, lacking = records.counts(), records.count_unembedded(now.after)
        return Upgrading(
            old, new, counts.vectors[now.after], lacking, now.ready, switched=records.active_space() == now.after
        )

    def follow(self, on_change: Callable[[], None] = lambda: None, *, ahead: bool = True) -> None:
        """For a server, now and then, by one thread at a time: takes up what any process has decided, another model or
        other documents, while the former ones go on answering; `ahead`, it also gets ready for what may come next.
        Raises ShelflensError when they cannot be had here."""
        if self._succession.follow(ahead=ahead):
            on_change()

"""Embedders of the other spaces that new photos get a vector in: both models', while one is upgraded to the other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Final

from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import ShelflensError
from shelflens.promotion.spaces import companions
from shelflens.records.base import Records

LOOK_SECONDS: Final = 0.5  # until an upgrade that another process began, or ended, is noticed


class Companions:
    """Of one catalogue. Safe to call from several threads."""

    def __init__(self, records: Records, *, threads: int) -> None:
        """`threads` that one picture runs on, as for `load_embedder`."""
        self._records = records
        self._threads = threads
        self._lock = threading.Lock()
        self._looked = float("-inf")
        self._spaces: tuple[str, ...] = ()
        self._names: dict[str, str] = {}  # of the models, by space
        self._loaded: dict[str, Embedder | None] = {}  # by space; None: this machine does not have it

    def beside(self, space: str) -> tuple[Embedder, ...]:
        """Those of all spaces but this one. A model that this machine does not have is left out, with a warning: the
        photos lack a vector there, and `promote --fill` or the upgrade makes up for it."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._spaces, self._looked = companions(self._records), time.monotonic()
                self._loaded = {one: self._loaded.get(one) or self._load(one) for one in self._spaces if one != space}
            return tuple(found for one, found in self._loaded.items() if found is not None and one != space)

    def names(self, space: str) -> Mapping[str, str]:
        """The models of all spaces but this one, by space, for those who load them elsewhere."""
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._spaces, self._looked = companions(self._records), time.monotonic()
                known = self._records.spaces()
                self._names = {one: known[one].name for one in self._spaces if one in known}
            return {one: name for one, name in self._names.items() if one != space}

    def _load(self, space: str) -> Embedder | None:
        if space in self._loaded:
            return None
        manifest = self._records.spaces().get(space)
        try:
            embedder = load_embedder(manifest.name, threads=self._threads) if manifest else None
        except ShelflensError as error:
            logging.getLogger("shelflens").warning("new photos get no vector in space %s: %s", space, error)
            return None
        return embedder if embedder and embedder.manifest.space == space else None

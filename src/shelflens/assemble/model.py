"""Which embedder makes a catalogue's vectors, and whether it has a locator."""

from __future__ import annotations

from typing import Final

from shelflens.assemble.space import Workspace
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import SpaceError
from shelflens.feed.base import Feed
from shelflens.indexing import Framing, PhotoReader, look_at_framing
from shelflens.manifest import located_name, split_name

DEFAULT_MODEL: Final = "lite0"


class ModelChoice:
    """The model of the vectors that are there; while there are none, the one asked for, or the default."""

    def __init__(self, space: Workspace, *, asked: str | None, may_locate: bool) -> None:
        """`may_locate`: while there is no space, the first pictures decide whether the model gets a locator."""
        self._space = space
        self._asked = asked
        self._may_locate = may_locate

    def load(self, *, threads: int) -> Embedder:
        """Raises SpaceError when the catalogue's vectors are another model's than the one asked for."""
        space = self._space.found
        if space is None:
            return load_embedder(self._asked or DEFAULT_MODEL, threads=threads)
        stored = self._space.records.spaces()[space]
        wanted = self._asked or stored.name
        embedder = load_embedder(wanted, threads=threads)
        locator, model = split_name(stored.name)
        if self._may_locate and embedder.manifest.name == model != stored.name:  # asked for; the locator was not
            embedder = load_embedder(located_name(locator, wanted), threads=threads)
        if embedder.manifest.space != space:
            raise SpaceError(
                f"{self._space.path} holds vectors of {stored.name} (space {space}); {embedder.manifest.name} as "
                f"installed here is space {embedder.manifest.space}. Use the catalogue's model, or index into a new "
                "catalogue"
            )
        return embedder

    def settle_locator(self, feed: Feed, reader: PhotoReader, *, workers: int) -> Framing | None:
        """Looks at the feed's pictures once, before there is a vector; None: the model stays as it was."""
        if not self._may_locate or self._space.found:
            return None
        framing = look_at_framing(feed, reader, workers=workers)
        if framing.locator == "whole":
            return None
        self._asked = located_name(framing.locator, self._asked or DEFAULT_MODEL)
        self._may_locate = False
        return framing

    def follow_space(self) -> None:
        """From now on the model of the vectors, whatever was asked for."""
        self._asked = None

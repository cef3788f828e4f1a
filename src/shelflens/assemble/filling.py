"""Vectors for many photos at once: of sources that come in, and of photos that lack one in a space."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from shelflens.assemble.companions import Companions
from shelflens.assemble.parts import Parts
from shelflens.feed.base import BadRow, Feed
from shelflens.indexing import Indexer, Progress, Reembedded, Reembedder, Report


def index(
    parts: Parts,
    feeds: Sequence[Feed],
    *,
    on_progress: Callable[[Progress], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> Report:
    """The searchable index is saved with them, unless the run was interrupted."""
    parts.keep_up()
    embedder, companions = parts.worker_embedder(), Companions(parts.records, threads=1)
    others = partial(companions.beside, embedder.manifest.space)
    report = Indexer(parts.records, embedder, parts.crew(on_progress, on_bad), others=others).run(feeds)
    if not report.interrupted:
        parts.gallery.refresh()
        parts.gallery.save()
    return report


def settle_locator(parts: Parts, feed: Feed) -> None:
    """Once, before there is a vector."""
    if framing := parts.model.settle_locator(feed, parts.reader, workers=parts.cores):
        parts.documents.keep_framing(framing)
        parts.follow_model()


def fill(
    parts: Parts,
    *,
    on_progress: Callable[[Progress], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> Reembedded:
    """Photos are read again from their sources. The searchable index is saved with them, unless it was interrupted."""
    parts.keep_up()
    filled = Reembedder(parts.records, parts.worker_embedder(), parts.crew(on_progress, on_bad)).run()
    if filled.photos and not filled.interrupted:
        parts.gallery.refresh()
        parts.gallery.save()
    return filled

"""Vectors for many photos at once: of sources that come in, and of photos that lack one in a space."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shelflens.assemble.companions import Companions
from shelflens.assemble.parts import Parts
from shelflens.embed.base import Embedder
from shelflens.embed.needed import needed_files
from shelflens.feed.base import BadRow, Feed
from shelflens.indexing import Crew, Indexer, Progress, Reembedded, Reembedder, Report
from shelflens.indexing.kit import AtHand, Kit, Sent, Tools
from shelflens.indexing.memory import AskedMemory, Memory, ToldMemory
from shelflens.indexing.preparing import NamedOthers, Others, Preparing
from shelflens.indexing.reembedder import Reembedding
from shelflens.indexing.work import NeededFile


def index(
    parts: Parts,
    feeds: Sequence[Feed],
    *,
    on_progress: Callable[[Progress], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> Report:
    """The searchable index is saved with them, unless the run was interrupted."""
    parts.keep_up()
    embedder, crew = parts.worker_embedder(), parts.crew(on_progress, on_bad)
    space = parts.records.add_space(embedder.manifest)
    companions = Companions(parts.records, threads=1)

    def here() -> Others:
        return lambda _arrival: companions.beside(space)

    memory: Memory
    if crew.elsewhere:
        memory = ToldMemory(parts.records, space=space, beside=lambda: companions.names(space))
    else:
        memory = AskedMemory(parts.records, space=space)
    others = NamedOthers if crew.elsewhere else here
    job = Preparing(_tools(parts, embedder, crew), memory.known, others)
    report = Indexer(parts.records, crew, job, memory, space=space).run(feeds)
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
    embedder, crew = parts.worker_embedder(), parts.crew(on_progress, on_bad)
    space = parts.records.add_space(embedder.manifest)
    filled = Reembedder(parts.records, crew, Reembedding(_tools(parts, embedder, crew)), space=space).run()
    if filled.photos and not filled.interrupted:
        parts.gallery.refresh()
        parts.gallery.save()
    return filled


def _tools(parts: Parts, embedder: Embedder, crew: Crew) -> Tools:
    """The embedder itself, or what stands for it on other machines."""
    if not crew.elsewhere:
        return AtHand(Kit(embedder, crew.reader))
    model = embedder.manifest.name
    files = tuple(NeededFile(path, sha256) for path, sha256 in needed_files(model))
    return Sent(model, embedder.manifest.space, parts.limits, parts.fetching, files)

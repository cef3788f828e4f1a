"""What a catalogue holds, in a few figures."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.assemble.parts import Parts
from shelflens.indexing import Framing
from shelflens.manifest import split_name
from shelflens.records.base import Counts


@dataclass(frozen=True, slots=True)
class Info:
    """What a catalogue holds."""

    path: str
    counts: Counts
    space: str | None
    model: str | None
    bytes_on_disk: int
    framing: Framing | None = None  # why the model has a locator, where nobody asked for one


def info(parts: Parts) -> Info:
    manifests = parts.records.spaces()
    space = parts.space.found
    model = manifests[space].name if space else None
    framing = parts.documents.framing
    chosen = framing if framing and model and split_name(model)[0] == framing.locator else None
    return Info(str(parts.path), parts.records.counts(), space, model, parts.store.bytes_on_disk(), chosen)

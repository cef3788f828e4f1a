"""The verifiers that a catalogue's searches use, and what they need to know of its photos and products."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from shelflens import plug
from shelflens.assemble.documents import WORDS
from shelflens.assemble.parts import Parts
from shelflens.errors import ShelflensError
from shelflens.feed.base import BadRow
from shelflens.indexing import Described, Describer, Progress
from shelflens.search.ranking import shipped_ranking
from shelflens.text.profile import details as label_details
from shelflens.text.profile import names as label_names
from shelflens.text.statistics import TextStatistics
from shelflens.verify.loading import kind_of, lasting, load_verifier


def look_closer(
    parts: Parts,
    names: Sequence[str],
    *,
    on_progress: Callable[[Progress], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> Described:
    """From now on these verifiers too; describes every photo that one of the catalogue's lacks."""
    documents, before = parts.documents, parts.documents.evidence
    named = {kind_of(name): lasting(name) for name in (*before, *names)}  # of one kind the last
    wanted = sorted(named.values())
    if WORDS in wanted:
        documents.keep_words(TextStatistics.of((*label_names(p), *label_details(p)) for p in parts.records.products()))
    verifiers = [parts.verifier(name) for name in wanted]
    for verifier in verifiers:  # a name that is unknown, or lacks what it needs, raises before anything changes
        verifier.describe(_blank())
    if wanted and not before and not documents.ranking:
        counts = parts.records.counts()
        documents.keep_ranking(shipped_ranking(photos=counts.photos, products=counts.products))
    documents.keep_evidence(wanted)
    parts.reread()
    return Describer(parts.records, parts.describers, parts.crew(on_progress, on_bad)).run()


def can_look_closer(name: str) -> bool:
    """Whether what the verifier needs is installed. Raises ShelflensError when there is no such verifier."""
    plug.find("verifiers", kind_of(name))
    try:
        load_verifier(name).describe(_blank())
    except ShelflensError:
        return False
    return True


def _blank() -> Image.Image:
    return Image.new("RGB", (64, 64))

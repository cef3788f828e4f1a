"""What is there twice in a catalogue, and what is wrong or weak in it."""

from __future__ import annotations

from shelflens.assemble.parts import Parts
from shelflens.audit import Diagnosis, Duplicates, ask_customers, diagnose, find_duplicates
from shelflens.audit.survey import OnProgress, take_survey
from shelflens.feed.base import Feed
from shelflens.indexing.threads import Threads


def duplicates(parts: Parts, *, near: float, on_progress: OnProgress) -> Duplicates:
    """`near` is the cosine from which two pictures are compared."""
    survey = take_survey(parts.gallery, on_progress=on_progress)
    workers = parts.elsewhere or Threads(parts.cores, name="sketch")
    return find_duplicates(survey, parts.records, near=near, workers=workers, on_progress=on_progress)


def doctor(parts: Parts, queries: Feed | None, *, opened: int, seed: int, on_progress: OnProgress) -> Diagnosis:
    """`opened` is how many photos are opened and looked at; `queries` are asked too."""
    survey = take_survey(parts.gallery, on_progress=on_progress)
    customers = None
    if queries is not None:
        customers = ask_customers(parts.searcher, survey, queries, read=parts.view, on_progress=on_progress)
    return diagnose(
        parts.gallery,
        survey,
        opened=opened,
        workers=parts.cores,
        seed=seed,
        customers=customers,
        on_progress=on_progress,
    )

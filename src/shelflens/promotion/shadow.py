"""Both models asked the same: queries of which the right answer is known, or any pictures that customers sent."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from shelflens.errors import CatalogueError, SourceError
from shelflens.feed.base import Columns, Feed
from shelflens.promotion.agreeing import agree
from shelflens.promotion.asking import answers_to, matching, occasions_of, replies_among_own, replies_of
from shelflens.promotion.comparing import compare
from shelflens.promotion.result import Agreement, Comparison, Reply
from shelflens.promotion.served import OnBad, OnProgress, Served
from shelflens.promotion.spaces import first_space
from shelflens.search.examples import asked

OWN: Final = "the catalogue's own photos"


def compared(
    old: Served,
    new: Served,
    queries: str | Path | Feed | None,
    columns: Columns | None,
    *,
    seed: int,
    on_progress: OnProgress,
) -> tuple[Comparison, Agreement]:
    if queries is not None:

        def replies(side: Served, stage: str) -> list[Reply]:
            listen = partial(_heard, on_progress, stage)
            return replies_of(side.evaluate(queries, columns=columns, on_progress=listen))

        before, after = replies(old, "asking the old model"), replies(new, "asking the new model")
        name = Path(queries).name if isinstance(queries, str | Path) else "the given queries"
        before, after = matching(before, after)
        if not before:
            raise CatalogueError("no query could be read by both models; try again")
        comparison = compare(before, after, occasions=occasions_of(old, before), data=name, seed=seed)
        return comparison, agree(before, after, data=name)
    own = asked(old.records, space=new.space, occasions_in=first_space(old.records), seed=seed)
    if not own:
        raise CatalogueError(
            "no product has photos from two occasions, so the catalogue's own photos cannot be searched among "
            "the others; compare with --queries TABLE"
        )
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        on_progress("asking both models", done, 2 * len(own))

    here, there = (replies_among_own(side, own, on_reply=one_more) for side in (old, new))
    both = [query for query in own if query.photo.photo_id in here.keys() & there.keys()]
    before, after = ([side[query.photo.photo_id] for query in both] for side in (here, there))
    occasions = [min(query.forbidden) for query in both]
    comparison = compare(before, after, occasions=occasions, data=OWN, seed=seed)
    return comparison, agree(before, after, data=OWN)


def shadowed(old: Served, new: Served, pictures: Feed, *, on_progress: OnProgress, on_bad: OnBad) -> Agreement:
    """On pictures of which nobody has said what they show."""
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        on_progress("asking both models", done, None)

    here = answers_to(old, pictures, on_reply=one_more, on_bad=on_bad)
    there = answers_to(new, pictures, on_reply=one_more, on_bad=lambda _row: None)
    both = [source for source in here if source in there]
    if not both:
        raise SourceError(f"{pictures.name}: no picture of it can be used as a query")
    return agree([here[source] for source in both], [there[source] for source in both], data=pictures.name)


def _heard(on_progress: OnProgress, stage: str, done: int) -> None:
    on_progress(stage, done, None)

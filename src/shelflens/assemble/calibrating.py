"""Which ranking finds most in a catalogue, and how sure its answers may be: learnt from its own photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from shelflens.assemble.parts import Parts
from shelflens.calibrate.calibration import default_calibration
from shelflens.calibrate.fitting import FitOptions
from shelflens.errors import PictureError
from shelflens.indexing import place_of
from shelflens.promotion import first_space
from shelflens.search import Verification
from shelflens.search.choosing import Choice, choose
from shelflens.search.examples import Asked, asked
from shelflens.search.ranking import Ranking, learned_whitening
from shelflens.search.searcher import embed_pictures


def calibrate(parts: Parts, *, options: FitOptions | None, on_progress: Callable[[int, int], None] | None) -> Choice:
    """Keeps both. Raises CatalogueError when too few products have photos from two occasions."""
    verification = Verification(parts.records, parts.verifiers, default_calibration())  # only its evidence is used
    queries = asked(parts.records, space=parts.space.name, occasions_in=first_space(parts.records))
    choice = choose(
        parts.gallery,
        verification,
        _rankings(parts, queries),
        data=f"photos of catalogue {parts.path.name}",
        options=options,
        on_progress=on_progress,
    )
    parts.documents.keep_ranking(choice.best.ranking)
    parts.documents.keep_calibration(choice.best.fitted.calibration)
    parts.reread()
    return choice


def _rankings(parts: Parts, queries: Sequence[Asked]) -> list[tuple[Ranking, Sequence[Asked]]]:
    """Those worth a trial, with the queries as each sees them. First what is taken unless another is clearly
    better: photos whitened where there are enough. Photos that cannot be read again leave no trial of views."""
    measured = "measured on the catalogue's own photos"
    plain = Ranking(why=measured)
    usual = replace(plain, whitening=learned_whitening(parts.records, space=parts.space.name))
    found: list[tuple[Ranking, Sequence[Asked]]] = [(usual, queries)]
    if usual.whitening:
        found.append((plain, queries))
    views = replace(usual, views=True)
    with suppress(PictureError):
        embedder, pictures = parts.embedder, (parts.view(place_of(query.photo)).scaled for query in queries)
        seen = [embed_pictures(embedder, [picture], views)[0] for picture in pictures]
        found.append((views, [replace(query, vector=vector) for query, vector in zip(queries, seen, strict=True)]))
    return found

"""Which ranking finds most in a catalogue, and how sure its answers may be: learnt from its own photos, or better from
photos that customers took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from shelflens.assemble.parts import Parts
from shelflens.calibrate.calibration import default_calibration
from shelflens.calibrate.fitting import FitOptions
from shelflens.errors import PictureError, SourceError
from shelflens.feed.base import BadRow, Feed, PhotoPlace
from shelflens.indexing import place_of
from shelflens.picture import digest
from shelflens.promotion import first_space
from shelflens.search import Verification, open_view
from shelflens.search.choosing import Choice, choose
from shelflens.search.examples import Asked, asked
from shelflens.search.ranking import Ranking, learned_whitening
from shelflens.search.searcher import embed_pictures
from shelflens.types import Photo

_OWN, _GIVEN = "measured on the catalogue's own photos", "measured on the queries that were given"


def calibrate(
    parts: Parts,
    *,
    queries: Feed | None,
    options: FitOptions | None,
    on_progress: Callable[[int, int], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> Choice:
    """Keeps both. Raises CatalogueError when too few products have queries: without `queries`, photos from two
    occasions."""
    verification = Verification(parts.records, parts.verifiers, default_calibration())  # only its evidence is used
    if queries is None:
        known = asked(parts.records, space=parts.space.name, occasions_in=first_space(parts.records))
        places = [place_of(query.photo) for query in known]
    else:
        known, places = _given(parts, verification, queries, on_progress, on_bad)
    choice = choose(
        parts.gallery,
        verification,
        _rankings(parts, known, places, why=_OWN if queries is None else _GIVEN),
        data=f"photos of catalogue {parts.path.name}" if queries is None else f"photos of {queries.name}",
        options=options,
        on_progress=on_progress,
    )
    parts.documents.keep_ranking(choice.best.ranking)
    parts.documents.keep_calibration(choice.best.fitted.calibration)
    parts.reread()
    return choice


def _given(
    parts: Parts,
    verification: Verification,
    queries: Feed,
    on_progress: Callable[[int, int], None] | None,
    on_bad: Callable[[BadRow], None] | None,
) -> tuple[list[Asked], list[PhotoPlace]]:
    """Photos from outside, embedded and described; they may find everything but their own bytes."""
    known: list[Asked] = []
    places: list[PhotoPlace] = []
    total = queries.photos()
    for row in queries:
        if isinstance(row, BadRow):
            if on_bad:
                on_bad(row)
            continue
        for place in row.photos:
            try:
                data = parts.reader.read(place)
                view = open_view(data, name=place.source, side=parts.side)
                described = verification.describe([view])
            except PictureError as error:
                if on_bad:
                    on_bad(BadRow(row.where, str(error), row.product.product_id))
                continue
            width, height = view.scaled.size
            photo = Photo(digest(data), row.product.product_id, place.source, width, height)
            known.append(Asked(photo, parts.embedder.embed([view.scaled])[0], frozenset(), described))
            places.append(place)
            if on_progress:
                on_progress(len(known), total or len(known))
    if not known:
        raise SourceError(f"{queries.name}: no photo of it can be used as a query")
    return known, places


def _rankings(
    parts: Parts, queries: Sequence[Asked], places: Sequence[PhotoPlace], *, why: str
) -> list[tuple[Ranking, Sequence[Asked]]]:
    """Those worth a trial, with the queries as each sees them. First what is taken unless another is clearly
    better: photos whitened where there are enough. Photos that cannot be read again leave no trial of views."""
    plain = Ranking(why=why)
    usual = replace(plain, whitening=learned_whitening(parts.records, space=parts.space.name))
    found: list[tuple[Ranking, Sequence[Asked]]] = [(usual, queries)]
    if usual.whitening:
        found.append((plain, queries))
    views = replace(usual, views=True)
    with suppress(PictureError):
        embedder, pictures = parts.embedder, (parts.view(place).scaled for place in places)
        seen = [embed_pictures(embedder, [picture], views)[0] for picture in pictures]
        found.append((views, [replace(query, vector=vector) for query, vector in zip(queries, seen, strict=True)]))
    return found

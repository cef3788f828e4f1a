"""A search's matches, explained on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from shelflens.assemble import Catalogue
from shelflens.explain import Subject, catalogue_photo, write_explanations
from shelflens.picture import decode_side
from shelflens.search import Options, Wish, open_view
from shelflens.search.pair import explain_matches
from shelflens.types import Box


def write_search(
    path: Path, title: str, opened: Catalogue, photos: Sequence[Path], options: Options, *, wish: Wish, box: Box | None
) -> None:
    """Searches again, for the rivals beyond `options.k` that a probability is weighed against."""
    searcher, verification = opened.searcher, opened.verification
    side = decode_side(searcher.embedder.manifest.preprocessing)
    views = [open_view(photo, side=side, box=box) for photo in photos]
    deep = replace(options, k=verification.candidates(options.k)) if verification else options
    matches = searcher.search(views, deep, wish).matches
    explained = explain_matches(views, matches, verification, wanted=options.k, metric=options.metric)
    subjects = [
        Subject(
            one.match.product.title or one.match.product.product_id,
            one.match.product.product_id,
            one.comparison,
            views[one.view],
            partial(catalogue_photo, one.photo.source),
        )
        for one in explained
    ]
    lead = ", ".join(photo.name for photo in photos)
    write_explanations(path, title, subjects, embedder=searcher.embedder, lead=lead)

"""Who answers a search: the catalogue in its directory, or a server; with the pages that may be written of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelflens.assemble import Catalogue
from shelflens.cli.explanations import write_search
from shelflens.cli.remote import explained, wished
from shelflens.cli.sheets import ReadJpeg, like_query, photo_jpeg, photo_query, write_sheet
from shelflens.errors import PictureError
from shelflens.explain import DOWN_TO, Subject, write_explanations
from shelflens.picture import open_bytes
from shelflens.search import Answer, Options, View, Wish, open_view
from shelflens.types import Box, Match, Photo, Verdict

if TYPE_CHECKING:
    from shelflens.client import Answer as RemoteAnswer
    from shelflens.client import RemoteCatalogue


@dataclass(frozen=True, slots=True)
class Question:
    """What `search` is asked, and the pages that it is to write."""

    photos: tuple[Path, ...]
    like: str | None
    wish: Wish
    box: Box | None
    user: str | None
    options: Options
    filter: str | None  # as it was typed; `options` has it understood
    sheet: Path | None
    explain: Path | None


def search_here(opened: Catalogue, asked: Question) -> Answer:
    if asked.like:
        alike = partial(opened.searcher.search_like, asked.like, wish=asked.wish)
        answer = opened.shoppers.searched(alike, asked.options, asked.user)
    else:
        answer = opened.answer(asked.photos, asked.options, box=asked.box, wish=asked.wish, user=asked.user)
    name = opened.path.name
    if asked.sheet:
        own = [photo for _, photo in opened.records.photos_of(asked.like)] if asked.like else []
        _write_sheet(asked, name, answer.matches, answer.verdict, own=own, read=partial(photo_jpeg, opened))
    if asked.explain:
        title = f"Why these, in {name}"
        write_search(asked.explain, title, opened, asked.photos, asked.options, wish=asked.wish, box=asked.box)
    return answer


def search_there(there: RemoteCatalogue, asked: Question) -> RemoteAnswer:
    options: dict[str, Any] = {
        "k": asked.options.k,
        "filter": asked.filter,
        "metric": asked.options.metric,
        "threshold": asked.options.threshold,
        "wish": wished(asked.wish),
        "user": asked.user,
    }
    if asked.like:
        answer = there.answer_like(asked.like, **options)
    else:
        answer = there.answer(asked.photos, box=asked.box, explain=asked.explain is not None, **options)
    if asked.sheet:
        own = there.photos(asked.like) if asked.like else ()
        _write_sheet(asked, there.name, answer.matches, answer.verdict, own=own, read=partial(_thumbnail, there))
    if asked.explain:
        views = [open_view(photo, side=DOWN_TO, box=asked.box) for photo in asked.photos]
        subjects = [
            Subject(
                match.product.title or match.product.product_id,
                match.product.product_id,
                explained(match, why),
                views[why.view],
                partial(photo_of, there, why.photo or match.photo),
            )
            for match, why in zip(answer.matches, answer.explanations, strict=True)
        ]
        lead = ", ".join(photo.name for photo in asked.photos)
        write_explanations(asked.explain, f"Why these, in {there.name}", subjects, embedder=None, lead=lead)
    return answer


def photo_of(there: RemoteCatalogue, photo: Photo) -> View:
    """A photo of a server's catalogue, as it is shown. Raises PictureError when it is gone."""
    from shelflens.client import ServerError

    try:
        return View.of(open_bytes(there.picture(photo), name=photo.source).image)
    except ServerError as error:
        raise PictureError(str(error)) from error


def _thumbnail(there: RemoteCatalogue, photo: Photo) -> bytes:
    from shelflens.client import ServerError

    try:
        return there.thumbnail(photo)
    except ServerError:
        return b""


def _write_sheet(
    asked: Question,
    name: str,
    matches: Sequence[Match],
    verdict: Verdict | None,
    *,
    own: Sequence[Photo],
    read: ReadJpeg,
) -> None:
    """`own` are the photos of the product that was searched by."""
    assert asked.sheet
    if asked.like:
        query = like_query(read, asked.like, own, matches)
    else:
        query = photo_query(read, asked.photos, matches, asked.box, verdict=verdict)
    query = replace(query, title=", ".join(one for one in (query.title, *_in_words(asked.wish)) if one))
    write_sheet(asked.sheet, f"Found in {name}", [query], metric=asked.options.metric)


def _in_words(wish: Wish) -> list[str]:
    """For the sheet's title."""
    said = [f"“{wish.text}”"] if wish.text else []
    said += [f"not “{wish.minus}”"] if wish.minus else []
    said += [f"more like {', '.join(wish.more)}"] if wish.more else []
    return [*said, *([f"less like {', '.join(wish.less)}"] if wish.less else [])]

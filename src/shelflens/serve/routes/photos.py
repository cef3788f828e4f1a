"""Photos of a product: upload, remove, and see them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from starlette.datastructures import UploadFile

from shelflens.errors import CatalogueError, PictureError
from shelflens.picture import open_bytes, read_file, thumbnail
from shelflens.serve.answers import PhotoAnswer, problems
from shelflens.serve.bodies import PictureBody
from shelflens.serve.problems import Problem, explained
from shelflens.serve.queries import FORM, JSON, checked, media_type, not_supported, picture_bytes, read_json
from shelflens.serve.service import Access, PathText, Reading, Writing, no_product
from shelflens.types import Photo

router = APIRouter(
    prefix="/v1/catalogues/{name}/products/{product_id}/photos",
    tags=["photos"],
    responses=problems(401, 404, 422, 429),
)
SMALL, SIDE = 160, 1_600  # pixels of a photo as it is shown, at most
KEPT_SECONDS = 7 * 24 * 3600  # by a browser; a photo_id stands for the same bytes for ever

_BINARY = {"type": "string", "format": "binary"}
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"photo": {**_BINARY, "contentMediaType": "application/octet-stream"}},
                    "required": ["photo"],
                }
            },
            JSON: {"schema": {"$ref": "#/components/schemas/PictureBody"}},
            "image/*": {"schema": _BINARY},
        },
    }
}


@router.post("", status_code=201, responses=problems(400, 403, 408, 409, 413, 415), openapi_extra=_UPLOAD)
async def add_photo(access: Writing, product_id: PathText, request: Request, response: Response) -> PhotoAnswer:
    """Takes in one photo: as a form's file `photo`, as JSON with base64 or an address, or as the body itself.

    The same bytes again are the same photo.
    """
    access.service.model.check()
    catalogue = access.opened.catalogue
    if await access.ask(partial(catalogue.product, product_id)) is None:
        raise no_product(product_id)
    data, source = await sent_picture(access, request)
    try:
        photo = await access.service.model.run(partial(catalogue.add_photo, product_id, data, source=source))
    except PictureError as error:
        raise explained(error, field="photo") from None
    except CatalogueError:
        if await access.ask(partial(catalogue.product, product_id)) is None:  # removed meanwhile
            raise no_product(product_id) from None
        raise
    answer = PhotoAnswer.of(photo, access.opened.name)
    response.headers["Location"] = answer.picture
    return answer


@router.delete("/{photo_id}", status_code=204, responses=problems(403))
async def delete_photo(access: Writing, product_id: PathText, photo_id: PathText) -> None:
    """Removes one photo of a product."""
    if not await access.ask(partial(access.opened.catalogue.remove_photo, product_id, photo_id)):
        raise _no_photo(photo_id)


_JPEG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {"schema": _BINARY}}},
    304: {"description": "It has not changed."},
}


@router.get("/{photo_id}/thumbnail", response_class=Response, responses=_JPEG)
async def get_thumbnail(
    access: Reading,
    product_id: PathText,
    photo_id: PathText,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A JPEG of at most 160 pixels."""

    def small(photo: Photo) -> bytes:
        kept = access.opened.catalogue.records.thumbnail(photo.photo_id)
        return kept or _shown(access, photo, side=SMALL)

    return await _jpeg(access, product_id, photo_id, small, tag=f'"{photo_id}-{SMALL}"', known=if_none_match)


@router.get("/{photo_id}/picture", response_class=Response, responses=_JPEG)
async def get_picture(
    access: Reading,
    product_id: PathText,
    photo_id: PathText,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A JPEG of at most 1600 pixels, upright and without metadata; the thumbnail where the photo is gone."""

    def large(photo: Photo) -> bytes:
        try:
            return _shown(access, photo, side=SIDE)
        except Problem:
            if kept := access.opened.catalogue.records.thumbnail(photo.photo_id):
                return kept
            raise

    return await _jpeg(access, product_id, photo_id, large, tag=f'"{photo_id}-{SIDE}"', known=if_none_match)


async def sent_picture(access: Access, request: Request) -> tuple[bytes, str]:
    """The bytes of the one picture that a request brings and, where it has one, its address."""
    kind = media_type(request)
    if kind == FORM:
        form = await request.form(max_files=1, max_fields=8, max_part_size=4096)
        try:
            file = form.get("photo")
            if not isinstance(file, UploadFile):
                raise Problem.at("photo", "send the picture as a file of that name")
            data = await file.read()
        finally:
            await form.close()
    elif kind == JSON or kind.endswith("+json"):
        body = checked(PictureBody, await read_json(request))
        (data,) = await picture_bytes(access, [body], field="picture")
        return data, body.url or ""
    elif kind.startswith("image/") or kind == "application/octet-stream":
        data = await request.body()
    else:
        raise not_supported(kind, send=f"{FORM}, {JSON} or image/*")
    if len(data) > access.opened.limits.max_bytes:
        detail = f"{len(data)} bytes; at most {access.opened.limits.max_bytes} are read"
        raise Problem.at("photo", detail, status=413, kind="picture-too-long")
    return data, ""


async def _jpeg(
    access: Access, product_id: str, photo_id: str, make: Callable[[Photo], bytes], *, tag: str, known: str | None
) -> Response:
    keyed = await access.ask(partial(access.opened.catalogue.records.photos_of, product_id))
    photo = next((photo for _, photo in keyed if photo.photo_id == photo_id), None)
    if photo is None:
        raise _no_photo(photo_id)
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={KEPT_SECONDS}, immutable"}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    data = await access.service.records.run(partial(make, photo))
    return Response(data, media_type="image/jpeg", headers=headers)


def _shown(access: Access, photo: Photo, *, side: int) -> bytes:
    """Decoded and written again, so that whatever the source holds by now, what goes out is a JPEG. Addresses are
    not fetched: showing a page of results must not ask other servers."""
    catalogue = access.opened.catalogue
    data = catalogue.uploads.read(photo.photo_id)
    if data is None and not Path(photo.source).is_absolute():  # an address, or a table's cell
        raise _gone(photo)
    try:
        data = data or read_file(photo.source, access.opened.limits)
        image = open_bytes(data, side=side, limits=access.opened.limits).image
    except PictureError:
        raise _gone(photo) from None
    return thumbnail(image, side=side, quality=80 if side <= SMALL else 85)


def _no_photo(photo_id: str) -> Problem:
    return Problem.at("photo_id", f"the product has no photo {photo_id[:80]!r}", status=404, kind="no-photo")


def _gone(photo: Photo) -> Problem:
    detail = f"photo {photo.photo_id[:12]} is no longer where the catalogue read it"
    return Problem(404, "photo-gone", detail)

"""`/preview`: a picture as a browser can show it, of any that can be searched with."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from shelflens.errors import PictureError
from shelflens.picture import Limits, open_bytes, thumbnail
from shelflens.serve.answers import problems
from shelflens.serve.problems import explained
from shelflens.serve.queries import JSON
from shelflens.serve.routes.photos import sent_picture
from shelflens.serve.service import Reading

router = APIRouter(
    prefix="/v1/catalogues/{name}", tags=["search"], responses=problems(400, 401, 404, 408, 413, 415, 422, 429)
)
SIDE = 1_600  # pixels, at most

_BINARY = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/PictureBody"}}, "image/*": {"schema": _BINARY}},
    }
}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {"schema": _BINARY}}}}


@router.post("/preview", response_class=Response, responses=_JPEG, openapi_extra=_BODY)
async def preview(access: Reading, request: Request) -> Response:
    """The picture as a JPEG of at most 1600 pixels, upright and without metadata: for formats that browsers do not
    open, and for addresses that a page may not fetch itself. Nothing is kept."""
    access.service.model.check()
    data, _ = await sent_picture(access, request)
    try:
        jpeg = await access.service.model.run(partial(_jpeg, data, access.opened.limits))
    except PictureError as error:
        raise explained(error, field="picture") from None
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


def _jpeg(data: bytes, limits: Limits) -> bytes:
    return thumbnail(open_bytes(data, side=SIDE, name="the picture", limits=limits).image, side=SIDE, quality=85)

"""Requests that bring pictures, as JSON or as a form, to one checked body and the pictures' bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from shelflens.errors import FetchError, PictureError
from shelflens.feed.base import UrlPhoto
from shelflens.serve.bodies import PictureBody
from shelflens.serve.problems import Problem, explained, invalid
from shelflens.serve.rows import decoded
from shelflens.serve.service import Access

B = TypeVar("B", bound=BaseModel)
MAX_FIELDS = 32  # of a form
MAX_FIELD = 64 * 1024  # bytes of a form's field that is no file
FORM, JSON = "multipart/form-data", "application/json"


async def read_query(
    request: Request, model: type[B], *, files: Sequence[str], many: str | None = None, most: int = 8
) -> tuple[B, dict[str, list[bytes]]]:
    """The body, and by the name of each of `files` the bytes that a form sent under it.

    In the body a file stands as `{"base64": "-"}`, so that a form and JSON pass the same checks; `many` is the one
    of `files` that is a list, `pictures` in JSON and `picture` in a form.
    """
    kind = media_type(request)
    if kind == JSON or kind.endswith("+json"):
        return checked(model, await read_json(request)), {}
    if kind != FORM:
        raise not_supported(kind, send=f"{JSON} or {FORM}")
    form = await request.form(max_files=most, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD)
    try:
        sent = await _files(form, files)
        return checked(model, _fields(form, sent, many)), sent
    finally:
        await form.close()


def media_type(request: Request) -> str:
    """The body's, in lower case and without parameters; empty where it is not said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def not_supported(kind: str, *, send: str) -> Problem:
    """The body is of another type than those that are to be sent."""
    detail = f"the body's type is {kind[:50] or 'not said'}; send {send}"
    return Problem.at("Content-Type", detail, status=415, kind="type-not-supported")


async def read_json(request: Request) -> Any:
    """Raises Problem 400 for what is not JSON; NaN and Infinity are not."""
    body = await request.body()
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        detail = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Problem(400, "not-json", f"the body is not JSON: {detail[:200]}") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def checked(model: type[B], data: object) -> B:
    """Raises Problem 422 that names the fields at fault."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid(error) from None


async def _files(form: FormData, names: Sequence[str]) -> dict[str, list[bytes]]:
    sent: dict[str, list[bytes]] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name not in names:
                raise Problem.at(name[:100], f"no file goes there; files are {', '.join(names)}")
            sent.setdefault(name, []).append(await value.read())
    return sent


def _fields(form: FormData, sent: dict[str, list[bytes]], many: str | None) -> dict[str, Any]:
    """The form as JSON would say it."""
    data: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            continue
        if name in data:
            raise Problem.at(name[:100], "is there twice; one is right")
        if name == "box" and not value.lstrip().startswith("{"):
            data[name] = _box(value)
        elif name in ("box", "pictures", "other", "picture", "more", "less", "recording"):
            data[name] = _json_field(name, value)
        else:
            data[name] = value
    for name, contents in sent.items():
        stand_in = [{"base64": "-"} for _ in contents]
        if name == many:
            data.setdefault(f"{name}s", [])
            data[f"{name}s"] = [*data[f"{name}s"], *stand_in] if isinstance(data[f"{name}s"], list) else stand_in
        elif len(stand_in) > 1:
            raise Problem.at(name, "is there twice; one is right")
        else:
            data[name] = stand_in[0]
    return data


def _box(text: str) -> dict[str, str]:
    edges = text.split(",")
    if len(edges) != 4:
        raise Problem.at("box", "write left,top,right,bottom as fractions: 0.1,0.2,0.6,0.9")
    return dict(zip(("left", "top", "right", "bottom"), edges, strict=True))


def _json_field(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Problem.at(name, "is a file, or JSON text as in a JSON body") from None


async def picture_bytes(
    access: Access, pictures: Sequence[PictureBody], sent: Sequence[bytes] = (), *, field: str = "/pictures"
) -> list[bytes]:
    """The pictures' bytes in order; those with an address are fetched, from public hosts only. Raises Problem."""
    waiting = list(sent)
    found: list[bytes] = []
    for number, picture in enumerate(pictures):
        place = field if field.endswith(("picture", "other")) else f"{field}/{number}"
        try:
            if picture.url is not None:
                reader = access.opened.catalogue.reader
                data = await access.service.fetch.run(partial(reader.read, UrlPhoto(picture.url)))
                field_of = f"{place}/url"
            elif picture.base64 == "-" and waiting:
                data, field_of = waiting.pop(0), place
            else:
                data, field_of = decoded(picture.base64 or ""), f"{place}/base64"
        except FetchError as error:
            raise explained(_discreet(error), field=f"{place}/url") from None
        except PictureError as error:
            raise explained(error, field=place) from None
        if len(data) > access.opened.limits.max_bytes:
            detail = f"{len(data)} bytes; at most {access.opened.limits.max_bytes} are read"
            raise Problem.at(field_of, detail, status=413, kind="picture-too-long")
        found.append(data)
    return found


def _discreet(error: FetchError) -> FetchError:
    """What an asker may know: not which names and addresses our network has."""
    from shelflens.picture.connecting import AddressRefused

    if isinstance(error.__cause__, AddressRefused):
        return FetchError("the picture's host is unknown or not on the public internet")
    return error

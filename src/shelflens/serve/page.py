"""The pages at `/`, `/admin` and `/watch`: the files of one folder of the package, and nothing else from anywhere."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from jinja2 import Environment, FunctionLoader

from shelflens.serve.problems import Problem

router = APIRouter(include_in_schema=False)
FRAME, PAGES = "frame.html", ("index.html", "admin.html", "watch.html")  # shared: put together when read

#: Scripts and styles come from the page's own files; pictures may also be those that the page itself makes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Cache-Control": "no-cache",  # ask each time; the ETag makes the answer short
}
_TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html"}
_TYPES |= {".json": "application/json", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json"}


@lru_cache(maxsize=1)
def files() -> dict[str, tuple[bytes, str, str]]:
    """By path within the page: bytes, media type, ETag. Read once; there is no way from a request to the disk."""
    folder = resources.files("shelflens.serve").joinpath("page")
    load = FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8"))
    shared = Environment(loader=load, autoescape=True, trim_blocks=True)
    found: dict[str, tuple[bytes, str, str]] = {}
    waiting = [("", folder)]
    while waiting:
        prefix, here = waiting.pop()
        for entry in here.iterdir():
            path = f"{prefix}{entry.name}"
            if entry.is_dir():
                waiting.append((f"{path}/", entry))
            elif path != FRAME and not entry.name.startswith("."):
                data = shared.get_template(path).render().encode() if path in PAGES else entry.read_bytes()
                suffix = f".{entry.name.rpartition('.')[2]}"
                kind = _TYPES.get(suffix) or mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
                text = kind.startswith("text/") or kind.endswith(("json", "xml"))
                full = f"{kind}; charset=utf-8" if text else kind
                found[path] = (data, full, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
    return found


@router.get("/")
async def page(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    return _file("index.html", if_none_match)


@router.get("/admin")
async def admin(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    return _file("admin.html", if_none_match)


@router.get("/watch")
async def watch(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    return _file("watch.html", if_none_match)


@router.get("/page/{path:path}")
async def page_file(path: str, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    return _file(path, if_none_match)


def _file(path: str, known: str | None) -> Response:
    if path not in files():
        raise Problem(404, "no-page", f"the page has no file {path[:100]!r}")
    data, kind, tag = files()[path]
    headers = {**_HEADERS, "ETag": tag}
    if known is not None and tag in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)

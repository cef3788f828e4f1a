"""What went wrong, as RFC 9457 problem documents that name the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from shelflens.errors import (
    CatalogueError,
    FetchError,
    FilterError,
    FullError,
    ModelError,
    PictureError,
    ShelflensError,
    UnavailableError,
)

MEDIA_TYPE = "application/problem+json"
TYPE = "https://shelflens.dev/problems/"  # a name, not a page
_PLACES = ("body", "path", "query", "header")
SHOWN = 20  # faults listed in one answer
_MESSAGE = 500  # characters


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend."""

    field: str  # a JSON pointer into the body (/box/left), or a parameter's or form field's name
    detail: str


class Problem(HTTPException):
    """An answer other than the one asked for."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.kind = kind
        self.faults = tuple(faults)

    @classmethod
    def at(cls, field: str, detail: str, *, status: int = 422, kind: str = "invalid-request") -> Problem:
        """One field is at fault."""
        return cls(status, kind, detail, faults=[Fault(field, detail)])


def busy(detail: str, *, seconds: float, kind: str = "busy", hang_up: bool = False) -> Problem:
    """Come back in so many seconds."""
    headers = {"Retry-After": str(max(1, round(seconds + 0.5)))}
    return Problem(429, kind, detail, headers=headers | ({"Connection": "close"} if hang_up else {}))


def document(problem: Problem, *, request_id: str) -> dict[str, object]:
    found: dict[str, object] = {
        "type": TYPE + problem.kind,
        "title": HTTPStatus(problem.status_code).phrase,
        "status": problem.status_code,
        "detail": _short(str(problem.detail)),
    }
    if problem.faults:
        found["errors"] = [{"field": fault.field, "detail": _short(fault.detail)} for fault in problem.faults[:SHOWN]]
    return {**found, "request_id": request_id} if request_id else found


def answer(problem: Problem, *, request_id: str = "") -> Response:
    return JSONResponse(
        document(problem, request_id=request_id),
        status_code=problem.status_code,
        headers=dict(problem.headers or {}),
        media_type=MEDIA_TYPE,
    )


def explained(error: ShelflensError, *, field: str = "") -> Problem:
    """What a person can mend, as an answer; `field` is where the fault was, if one field was."""
    faults = [Fault(field, str(error))] if field else []
    match error:
        case FetchError():
            return Problem(422, "address-not-fetched", str(error), faults=faults)
        case PictureError():
            return Problem(422, "picture-not-usable", str(error), faults=faults)
        case FilterError():
            return Problem(422, "filter-not-understood", str(error), faults=faults or [Fault("filter", str(error))])
        case UnavailableError():  # which says where its server is; that is nobody's business outside
            detail = "the catalogue's store cannot be reached for now; try again"
            return Problem(503, "store-away", detail, faults=[], headers={"Retry-After": "2"})
        case FullError():
            return Problem(507, "store-full", str(error), faults=faults)
        case ModelError() | CatalogueError():
            return Problem(409, "catalogue-not-ready", str(error), faults=faults)
        case _:
            return Problem(422, "invalid-request", str(error), faults=faults)


def faults_of(errors: Sequence[Mapping[str, object]]) -> list[Fault]:
    """Pydantic's findings; what was sent is not repeated."""
    found = []
    for error in errors:
        place = error["loc"]
        assert isinstance(place, tuple)
        where, path = (place[0], place[1:]) if place and place[0] in _PLACES else ("", place)
        pointer = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
        field = pointer or "/" if where in ("body", "") else ".".join(map(str, path))
        found.append(Fault(field, str(error["msg"])))
    return found


def invalid(error: RequestValidationError | ValidationError) -> Problem:
    errors = error.errors()
    if any(one["type"] == "json_invalid" for one in errors):
        return Problem(400, "not-json", "the body is not JSON")
    faults = faults_of(errors)
    detail = f"{faults[0].field}: {faults[0].detail}" if faults else "the request is not valid"
    return Problem(422, "invalid-request", detail, faults=faults)


def install(app: FastAPI) -> None:
    """From here on every error of `app` is answered as a problem document."""

    def respond(request: Request, problem: Problem) -> Response:
        return answer(problem, request_id=request.scope.get("state", {}).get("request_id", ""))

    def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error, Problem):
            return respond(request, error)
        kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return respond(request, Problem(error.status_code, kind, str(error.detail), headers=error.headers))

    def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError | ValidationError)
        return respond(request, invalid(error))

    def on_shelflens(request: Request, error: Exception) -> Response:
        assert isinstance(error, ShelflensError)
        return respond(request, request.app.state.service.shelf.explained(error))

    def on_mistake(request: Request, _error: Exception) -> Response:
        detail = "the server made a mistake; its log has the request's id"
        return respond(request, Problem(500, "mistake", detail))

    def on_hang_up(request: Request, _error: Exception) -> Response:
        """Nobody hears it; the log does not call it our mistake."""
        return respond(request, Problem(400, "cut-short", "the body ended before its end"))

    app.add_exception_handler(ClientDisconnect, on_hang_up)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(ShelflensError, on_shelflens)
    app.add_exception_handler(Exception, on_mistake)


def _short(text: str) -> str:
    printable = text.encode("utf-8", "replace").decode()
    return printable if len(printable) <= _MESSAGE else f"{printable[:_MESSAGE]}…"

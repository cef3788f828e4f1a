"""`/watch`: streams in which the catalogue's products are looked for, what is in view, and what was seen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shelflens.alert import Alert
from shelflens.errors import CatalogueError, VideoError
from shelflens.picture import thumbnail
from shelflens.serve.answers import problems
from shelflens.serve.bodies import Body
from shelflens.serve.problems import Problem, busy, explained
from shelflens.serve.service import Access, Administering, PathText, Reading
from shelflens.serve.watching import LISTENERS, Desk, NameTakenError, Stream, TooManyStreamsError
from shelflens.types import Box
from shelflens.watch.watcher import EVIDENCE_SIDE

router = APIRouter(
    prefix="/v1/catalogues/{name}/watch", tags=["watch"], responses=problems(401, 403, 404, 409, 422, 429)
)
LOOK_SECONDS = 0.5  # between two looks for something new to tell
LISTEN_SECONDS = 20.0  # that one answer of the live events lasts: less than a stopping server waits
MOST_NUMBER = 2**53  # that JavaScript knows exactly


def _plain(text: str) -> str:
    if any(ord(sign) < 32 or 127 <= ord(sign) < 160 or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise ValueError("holds control characters; write plain text")
    return text.strip()


class StreamBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "rtsp://camera.shop/1", "title": "Door"}]})

    source: Annotated[str, Field(min_length=1, max_length=2048), AfterValidator(_plain)] = Field(
        description="`rtsp://`, `rtsps://`, `http://` or `https://` of a host that SHELFLENS_ALLOWED_HOSTS names; or "
        "`camera:0`, at the server."
    )
    title: Annotated[str, Field(max_length=200), AfterValidator(_plain)] = Field(
        default="", description="What people call it. Its address without the password, where nothing is said."
    )


class EdgesAnswer(BaseModel):
    """Fractions of the frame's width and height, origin top left."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def of(cls, box: Box) -> EdgesAnswer:
        return cls(**{side: round(value, 4) for side, value in asdict(box).items()})


class InViewAnswer(BaseModel):
    product_id: str
    title: str
    box: EdgesAnswer
    probability: float
    start: float = Field(description="Seconds of the stream at which it came into view.")
    now: bool = Field(description="It was seen in the newest look, and not only in one of the last two seconds.")


class StreamAnswer(BaseModel):
    id: str
    title: str
    state: Literal["opening", "watching", "waiting", "over"] = Field(
        description="`waiting`: it broke off, and is opened again and again."
    )
    started: str
    at: float = Field(description="Seconds of the stream, of the newest look.")
    looks: int
    dropped: int = Field(description="Frames that were due and that nobody had time for.")
    damaged: int
    reconnects: int
    trouble: str
    in_view: list[InViewAnswer]
    frame: str | None = Field(description="Path of the newest frame, a JPEG; null: there is none yet.")


class StreamsAnswer(BaseModel):
    streams: list[StreamAnswer]


class SeenAnswer(BaseModel):
    number: int = Field(description="Rises from one event to the next.")
    id: str
    happening: Literal["appeared", "missing"]
    stream: str
    product_id: str
    title: str
    raised: str
    at: float
    start: float
    end: float
    box: EdgesAnswer
    probability: float
    frame: str = Field(description="Path of the frame that shows it.")
    picture: str = Field(description="Path of the product's picture.")

    @classmethod
    def of(cls, number: int, alert: Alert, catalogue: str) -> SeenAnswer:
        path = f"{_path(catalogue)}/events/{number}"
        same = {name: getattr(alert, name) for name in ("happening", "stream", "product_id", "title", "raised")}
        return cls(
            number=number,
            id=alert.alert_id,
            at=round(alert.at, 3),
            start=round(alert.start, 3),
            end=round(alert.end, 3),
            box=EdgesAnswer.of(alert.box),
            probability=round(alert.probability, 4),
            frame=f"{path}/frame",
            picture=f"{path}/picture",
            **same,
        )


class SeenListAnswer(BaseModel):
    events: list[SeenAnswer] = Field(description="The newest first.")


_BINARY = {"type": "string", "format": "binary"}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {"schema": _BINARY}}}}
_LIVE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}
_UNKEPT = {"Cache-Control": "no-store"}


@router.post("/streams", status_code=201, responses=problems(400, 413))
async def start_stream(access: Administering, body: StreamBody, response: Response) -> StreamAnswer:
    """Begins to watch a stream. What is in the catalogue is looked for, five times a second where there is time."""
    desk = _desk(access)
    try:
        permitted = desk.permitted(body.source, body.title)
    except VideoError as error:
        raise Problem.at("/source", str(error)) from None
    try:
        stream = await access.service.model.run(partial(desk.add, access.opened, permitted))
    except NameTakenError as error:
        raise Problem.at("/title", str(error), status=409, kind="stream-exists") from None
    except TooManyStreamsError as error:
        raise Problem(409, "too-many-streams", str(error)) from None
    except CatalogueError as error:
        raise explained(error) from None
    answer = _told(desk, stream)
    response.headers["Location"] = f"{_path(access.opened.name)}/streams/{answer.id}"
    return answer


@router.get("/streams")
async def list_streams(access: Reading) -> StreamsAnswer:
    """What is watched for this catalogue, and what is in view there."""
    desk = _desk(access)
    return StreamsAnswer(streams=[_told(desk, stream) for stream in desk.streams(access.opened.name)])


@router.get("/streams/{stream_id}")
async def get_stream(access: Reading, stream_id: PathText) -> StreamAnswer:
    """How one stream is doing, and what is in view in it."""
    desk = _desk(access)
    return _told(desk, _stream(desk, access, stream_id))


@router.delete("/streams/{stream_id}", status_code=204)
async def stop_stream(access: Administering, stream_id: PathText) -> None:
    """Watches it no more. What was seen in it stays."""
    desk = _desk(access)
    desk.remove(_stream(desk, access, stream_id))


@router.get("/streams/{stream_id}/frame", response_class=Response, responses=_JPEG)
async def newest_frame(access: Reading, stream_id: PathText) -> Response:
    """The frame that was looked at last, no side longer than 960 pixels. It is kept nowhere."""
    desk = _desk(access)
    image = _stream(desk, access, stream_id).frame
    if image is None:
        raise Problem(404, "no-frame", "nothing has been seen of the stream yet")
    jpeg = await access.ask(partial(thumbnail, image, side=EVIDENCE_SIDE, quality=80))
    return Response(jpeg, media_type="image/jpeg", headers=_UNKEPT)


@router.get("/events")
async def list_seen(
    access: Reading,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER, description="A number: what came before it.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SeenListAnswer:
    """What has come into view, and what is missing, the newest first."""
    outbox = _desk(access).outbox(access.opened.name)
    rows = await access.ask(partial(outbox.before, before, limit=limit))
    return SeenListAnswer(events=[SeenAnswer.of(number, alert, access.opened.name) for number, alert in rows])


@router.get("/events/live", response_class=StreamingResponse, responses=_LIVE)
async def live_seen(
    access: Reading,
    request: Request,
    after: Annotated[
        int | None, Query(ge=0, le=MOST_NUMBER, description="A number; else what comes from now on.")
    ] = None,
    last_event_id: Annotated[str | None, Header(max_length=20)] = None,
) -> StreamingResponse:
    """The same as they come, as server-sent events `seen`. An answer lasts 20 s; ask again with `Last-Event-ID`."""
    desk = _desk(access)
    desk.outbox(access.opened.name)
    if desk.listeners >= LISTENERS:
        raise busy(f"{LISTENERS} listen already", seconds=LISTEN_SECONDS)
    begin = int(last_event_id) if last_event_id and last_event_id.isascii() and last_event_id.isdecimal() else after
    return StreamingResponse(_live(access, desk, request, begin), media_type="text/event-stream", headers=_UNKEPT)


@router.get("/events/{number}/frame", response_class=Response, responses=_JPEG)
async def seen_frame(access: Reading, number: Annotated[int, Field(ge=1, le=MOST_NUMBER)]) -> Response:
    """The frame that shows it, until it is forgotten."""
    return await _picture(access, number, lambda pictures: pictures[0])


@router.get("/events/{number}/picture", response_class=Response, responses=_JPEG)
async def seen_picture(access: Reading, number: Annotated[int, Field(ge=1, le=MOST_NUMBER)]) -> Response:
    """The picture of the product that was seen."""
    return await _picture(access, number, lambda pictures: pictures[1])


async def _live(access: Access, desk: Desk, request: Request, after: int | None) -> AsyncIterator[str]:
    outbox, until = desk.outbox(access.opened.name), time.monotonic() + LISTEN_SECONDS
    newest = outbox.newest()
    number = newest if after is None else min(after, newest)  # numbers begin anew when all was forgotten
    with desk.listening():
        yield "retry: 1000\n: what is seen from now on\n\n"
        while time.monotonic() < until and not request.scope["state"].get("stopping"):
            try:
                rows = await access.ask(partial(outbox.after, number, limit=100))
            except Problem:  # the server is busy; it is told a little later
                rows = []
            for number, alert in rows:  # the last is where to go on from
                said = SeenAnswer.of(number, alert, access.opened.name).model_dump_json()
                yield f"event: seen\nid: {number}\ndata: {said}\n\n"
            if not rows:
                await asyncio.sleep(LOOK_SECONDS)
        if time.monotonic() >= until:
            yield ": ask again\n\n"


async def _picture(access: Access, number: int, which: Callable[[tuple[bytes, bytes]], bytes]) -> Response:
    outbox = _desk(access).outbox(access.opened.name)
    pictures = await access.ask(partial(outbox.pictures, number))
    jpeg = which(pictures) if pictures else b""
    if not jpeg:
        raise Problem(404, "no-picture", "there is no such event, or its picture is forgotten")
    return Response(jpeg, media_type="image/jpeg", headers=_UNKEPT)


def _desk(access: Access) -> Desk:
    desk = access.service.desk
    if desk is None:
        raise Problem(409, "not-watching", "this server watches nothing: shelflens serve --watch FOLDER, one worker")
    return desk


def _stream(desk: Desk, access: Access, stream_id: str) -> Stream:
    stream = desk.find(access.opened.name, stream_id)
    if stream is None:
        raise Problem.at("stream_id", f"no stream {stream_id[:64]!r} is watched", status=404, kind="no-stream")
    return stream


def _told(desk: Desk, stream: Stream) -> StreamAnswer:
    standing = desk.standing(stream)
    health = standing.health
    if standing.over:
        state: Literal["opening", "watching", "waiting", "over"] = "over"
    elif stream.silent:
        state = "waiting"
    else:
        state = "watching" if stream.frame is not None else "opening"
    return StreamAnswer(
        id=stream.stream_id,
        title=stream.source.name,
        state=state,
        started=stream.started,
        at=round(stream.at, 3),
        looks=standing.analysed,
        dropped=standing.dropped,
        damaged=health.corrupt,
        reconnects=health.reconnects,
        trouble=stream.trouble or standing.failure or health.trouble,
        in_view=[
            InViewAnswer(
                product_id=one.appearance.product_id,
                title=one.title,
                box=EdgesAnswer.of(one.appearance.box),
                probability=round(one.appearance.probability, 4),
                start=round(one.appearance.start, 3),
                now=one.now,
            )
            for one in stream.in_view
        ],
        frame=f"{_path(stream.catalogue)}/streams/{stream.stream_id}/frame" if stream.frame is not None else None,
    )


def _path(catalogue: str) -> str:
    return f"/v1/catalogues/{quote(catalogue, safe='')}/watch"

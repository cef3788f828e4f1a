"""`/transcribe`: a spoken question becomes words, to be looked at and sent as `text`."""

from __future__ import annotations

from base64 import b64decode
from functools import partial

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from shelflens.errors import SpeechError
from shelflens.serve.answers import problems
from shelflens.serve.bodies import Body
from shelflens.serve.problems import Problem
from shelflens.serve.queries import FORM, JSON, read_query
from shelflens.serve.service import Reading
from shelflens.serve.shelf import Opened

router = APIRouter(
    prefix="/v1/catalogues/{name}", tags=["search"], responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 429)
)
_FILE = {"type": "string", "format": "binary"}
_FORM = {"schema": {"type": "object", "properties": {"recording": _FILE}, "required": ["recording"]}}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/RecordingBody"}}, FORM: _FORM},
    }
}


class RecordingContent(Body):
    base64: str = Field(min_length=1)


class RecordingBody(Body):
    """A WAV file of up to 30 seconds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"recording": {"base64": "UklGRiQAAABXQVZF"}}]})

    recording: RecordingContent


class TranscribeAnswer(BaseModel):
    text: str = Field(description="Empty when no word was understood.")


@router.post("/transcribe", openapi_extra=_BODY)
async def transcribe(access: Reading, request: Request) -> TranscribeAnswer:
    """The words of a spoken question, in English, by the words of the catalogue."""
    if not access.opened.catalogue.hears:
        raise Problem(
            404, "no-recogniser", "nothing that understands speech is installed: pip install 'shelflens[speech]'"
        )
    access.service.model.check()
    body, sent = await read_query(request, RecordingBody, files=["recording"], most=1)
    data = sent["recording"][0] if sent else _decoded(body.recording.base64)
    return TranscribeAnswer(text=await access.service.model.run(partial(_hear, access.opened, data)))


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise Problem.at("/recording/base64", "is not base64") from None


def _hear(opened: Opened, data: bytes) -> str:
    try:
        return opened.catalogue.hear(data)
    except SpeechError as error:
        raise Problem.at("/recording", str(error), kind="recording-not-usable") from None

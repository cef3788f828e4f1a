"""Rows of bulk requests and pictures in base64: checked one by one, so that one fault does not cost the others."""

from __future__ import annotations

import base64
import binascii
import re

from pydantic import ValidationError

from shelflens.errors import PictureError
from shelflens.serve.bodies import RowBody
from shelflens.serve.problems import Fault, faults_of

_DATA_URL = re.compile(r"data:[\w.+/-]*(?:;[\w.=+-]+)*,")


def read_row(data: object) -> RowBody | list[Fault]:
    """The row, or what is at fault in it."""
    try:
        return RowBody.model_validate(data)
    except ValidationError as error:
        return faults_of([{**one, "loc": ("body", *one["loc"])} for one in error.errors()])


def decoded(text: str) -> bytes:
    """The bytes of base64 text or of a data: URL. Raises PictureError."""
    if found := _DATA_URL.match(text[:200]):
        if not found[0].endswith(";base64,"):
            raise PictureError("a data: URL without base64; write data:image/jpeg;base64,…")
        text = text[found.end() :]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PictureError("not base64; encode the picture file's bytes with base64 (RFC 4648)") from None

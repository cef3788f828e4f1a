"""Tensors from inside a network as outputs of it, without the `onnx` package.

A protobuf message appended to another is merged into it, field by field, lists at their ends (protobuf's encoding,
"Last One Wins"). So a few bytes behind an ONNX file add outputs to its graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from shelflens.errors import ModelError
from shelflens.network.devices import providers
from shelflens.network.session import UNUSABLE, session_options

_GRAPH, _OUTPUT, _NAME = 7, 12, 1  # field numbers: ModelProto.graph, GraphProto.output, ValueInfoProto.name


def open_inner(model: Path, tensors: Sequence[str], *, threads: int) -> onnxruntime.InferenceSession:
    """A session that gives these tensors by name. Raises ModelError for a graph that does not have them."""
    try:
        graph = model.read_bytes()
        return onnxruntime.InferenceSession(
            graph + _added_outputs(tensors), session_options(threads=threads), providers=providers()
        )
    except UNUSABLE as error:
        raise ModelError(f"{model}: not a network with the tensors {', '.join(tensors)} ({error})") from None
    except OSError as error:
        raise ModelError(f"{model}: cannot be read ({error.strerror})") from None


def _added_outputs(tensors: Sequence[str]) -> bytes:
    return _field(_GRAPH, b"".join(_field(_OUTPUT, _field(_NAME, name.encode())) for name in tensors))


def _field(number: int, payload: bytes) -> bytes:
    """Length-delimited: tag, length, bytes."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])

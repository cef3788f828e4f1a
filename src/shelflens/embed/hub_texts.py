"""The text side of a hub model (CLIP, SigLIP): words into the space of the photos that its image side embedded.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import DTypeLike

from shelflens.embed.hub import fetch_files, hub_model
from shelflens.embed.hub_models import TextSide
from shelflens.embed.pooling import unit
from shelflens.errors import ModelError, SpaceError
from shelflens.manifest import split_name
from shelflens.network.session import open_session
from shelflens.types import Vectors


def from_name(
    reference: str, *, space: str, model: str, threads: int = 0, cache: Path | None = None, **_: object
) -> HubTextEmbedder:
    """`hub:NAME`, for the photos that hub:NAME embedded. Raises SpaceError when another model did, and ModelError."""
    if split_name(model)[1] != f"hub:{reference}":
        raise SpaceError(
            f"the catalogue's photos were embedded by {model}, which hub:{reference} does not share a space with; "
            f"index it with --model hub:{reference}, or learn its own words: learn-words"
        )
    side = hub_model(reference).text
    if side is None:
        raise ModelError(f"hub:{reference} knows no words; run learn-words without --model")
    files = fetch_files(reference, side.files, megabytes=side.megabytes, cache=cache)
    return HubTextEmbedder(side, files[0], files[-1], space=space, threads=threads)


class HubTextEmbedder:
    """A TextEmbedder. Each text runs by itself: lengths differ, and questions come one by one."""

    def __init__(self, side: TextSide, graph: Path, tokenizer: Path, *, space: str, threads: int) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise ModelError("words need the hub's tokenizers: pip install 'shelflens[hub]'") from None
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # noqa: BLE001  # the Rust side raises a bare Exception for what is no tokenizer
            raise ModelError(f"{tokenizer}: no tokenizer ({error}); fetch the model again") from None
        self._tokenizer.enable_truncation(side.length)
        if side.padded is None:
            self._tokenizer.no_padding()
        else:
            self._tokenizer.enable_padding(length=side.length, pad_id=side.padded)
        self._side = side
        self._session = open_session(graph, threads=threads)
        self._wanted = _checked(self._session, side, where=graph)
        self.space = space

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """As `TextEmbedder` says."""
        vectors = [self._vector(text) for text in texts]
        dimension = next((len(vector) for vector in vectors if vector is not None), 0)
        return np.array([np.zeros(dimension) if vector is None else vector for vector in vectors], np.float32)

    def _vector(self, text: str) -> Vectors | None:
        """(dim,) unit; None for a text without words."""
        if not text.strip():
            return None
        encoded = self._tokenizer.encode(text.lower() if self._side.lower else text)
        given = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask}
        feed = {name: np.array([given[name]], kind) for name, kind in self._wanted.items()}
        (found,) = self._session.run([self._side.output], feed)
        vector: Vectors = unit(np.asarray(found, np.float32))[0]
        return vector


def _checked(session: onnxruntime.InferenceSession, side: TextSide, *, where: Path) -> dict[str, DTypeLike]:
    """The inputs that the graph wants, with their types. Raises ModelError for what cannot be run so."""
    kinds: dict[str, DTypeLike] = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
    wanted = {tensor.name: tensor.type for tensor in session.get_inputs()}
    if odd := sorted(
        set(wanted) - {"input_ids", "attention_mask"} | {one for one in wanted if wanted[one] not in kinds}
    ):
        raise ModelError(f"{where}: wants {odd[0]!r} as {wanted[odd[0]]}; a text encoder takes input_ids, int64")
    outputs = [tensor.name for tensor in session.get_outputs()]
    if side.output not in outputs:
        raise ModelError(f"{where}: has no output {side.output!r}; there is {', '.join(outputs)}")
    return {name: kinds[kind] for name, kind in wanted.items()}

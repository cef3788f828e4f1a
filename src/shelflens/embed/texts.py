"""Which text embedder a catalogue's searches use, how much it counts, and how that was found."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shelflens import plug
from shelflens.embed.base import TextEmbedder
from shelflens.errors import CatalogueError, ModelError
from shelflens.types import Vectors

FORMAT: Final = 1
TOWER: Final = "tower"  # learnt from the catalogue itself


@dataclass(frozen=True, slots=True)
class TextChoice:
    """Kept with a catalogue for each space."""

    name: str  # "tower", "hub:clip-base", or what a package brings
    share: float  # 0..1, what its finds count among what words find
    digest: str = ""  # of the tower, so that searches notice when another one was learnt
    products: int = 0  # that it was learnt from
    questions: int = 0  # held out, that chose the settings; 0: nothing was measured
    top5_text: float = 0.0  # share of these whose product is among the first five: words compared with words
    top5_looks: float = 0.0  # by this embedder alone
    top5: float = 0.0  # by both together

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **dataclasses.asdict(self)})

    @classmethod
    def from_json(cls, text: str, *, where: str) -> TextChoice:
        """Raises CatalogueError for what `to_json` did not write; `where` is for the message."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data.pop("format") != FORMAT:
                raise CatalogueError(f"{where}: of another version; run learn-words again")
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"{where}: no choice of a text embedder ({error}); run learn-words again") from error


class OnDemand:
    """A TextEmbedder that is loaded when the first text comes: searches by pictures neither wait for it nor fail where
    it cannot be loaded."""

    def __init__(self, space: str, load: Callable[[], TextEmbedder]) -> None:
        self.space = space
        self._load = load
        self._lock = threading.Lock()
        self._loaded: TextEmbedder | None = None

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """As `TextEmbedder` says. Raises ShelflensError when it cannot be loaded."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
        return self._loaded.embed_texts(texts)


def load_text_embedder(
    name: str, *, space: str, model: str, threads: int = 0, document: Callable[[], str | None] = lambda: None
) -> TextEmbedder:
    """For a catalogue in the `space` of a `model`; `document` reads what the catalogue keeps for the embedder.

    Raises SpaceError when its vectors are not of that space, ModelError when it cannot be loaded.
    """
    kind, _, reference = name.partition(":")
    if kind == TOWER:
        kept = document()
        if kept is None:
            raise ModelError(f"the catalogue has no text tower for space {space}; run learn-words")
        reference = kept
    embedder: TextEmbedder = plug.find("text_embedders", kind)(reference, space=space, model=model, threads=threads)
    return embedder

"""From an embedder's name to the embedder."""

from __future__ import annotations

from shelflens import plug
from shelflens.embed.base import Embedder


def load_embedder(name: str, *, threads: int = 0) -> Embedder:
    """`lite0`, `onnx:PATH`, `hub:NAME`, or what a package brings: the part before the colon is looked up, the part
    behind it is handed over. `threads` is how many one picture runs on; 0 is all. Raises ShelflensError."""
    kind, _, reference = name.partition(":")
    embedder: Embedder = plug.find("embedders", kind)(reference, threads=threads)
    return embedder

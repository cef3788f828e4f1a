"""A picture seen by other models, too: each from the file's bytes on, as if it were the only one."""

from __future__ import annotations

from collections.abc import Iterable

from shelflens.embed.base import Embedder
from shelflens.picture import Limits, Picture, decode_side, open_bytes
from shelflens.records.base import Placed


def placed(
    data: bytes, picture: Picture, others: Iterable[Embedder], *, side: int, limits: Limits
) -> tuple[Placed, ...]:
    """A vector by each of the others. `picture` is what was decoded from `data` at the scale `side`; a model that wants
    another scale gets it."""
    found = []
    for other in others:
        wanted = decode_side(other.manifest.preprocessing)
        seen = picture if wanted == side else open_bytes(data, side=wanted, limits=limits)
        found.append(Placed(other.embed([seen.image])[0], other.manifest.space))
    return tuple(found)

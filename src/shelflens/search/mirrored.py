"""Catalogue photos together with their mirror images: a thing may be photographed from either side.

Kept as descriptions beside the photos' vectors, of which nothing changes: the index goes on finding photos by the plain
cosine, and the few that it finds are compared again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from shelflens.embed.base import Embedder
from shelflens.rank.joining import average
from shelflens.rank.views import gallery_views
from shelflens.records.base import Records
from shelflens.types import Vectors

_HALF = np.dtype("<f2")


@dataclass(frozen=True, slots=True)
class MirroredVectors:
    """A Describing: the mean of a picture's vector and its mirror image's."""

    embedder: Embedder

    @property
    def name(self) -> str:
        return "mirrored"

    @property
    def version(self) -> str:
        return self.embedder.manifest.space

    def describe(self, picture: Image.Image) -> bytes:
        """A unit vector in half precision."""
        together = average([self.embedder.embed([view]) for view in gallery_views(picture)])
        return bytes(together[0].astype(_HALF))


def mirrored_cosines(records: Records, photo_ids: Sequence[str], query: Vectors, *, space: str) -> dict[str, float]:
    """By photo_id, of `query` (dim,) with each photo that has been described by MirroredVectors of the space."""
    kept = records.descriptions(f"mirrored/{space}", photo_ids)
    if not kept:
        return {}
    vectors = np.frombuffer(b"".join(kept.values()), _HALF).reshape(len(kept), -1).astype(np.float32)
    return dict(zip(kept, (vectors @ query).tolist(), strict=True))

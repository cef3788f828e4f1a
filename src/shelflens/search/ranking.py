"""How a catalogue's products are ranked by their looks: a value that is kept with the catalogue, so that no answer
changes unless somebody asked for it, and what follows from it.

The index always finds photos by the plain cosine; a whitening only puts what was found into a better order.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import CatalogueError
from shelflens.rank import whitening as partial
from shelflens.rank.whitening import Whitening
from shelflens.records.base import Records
from shelflens.search.mirrored import mirrored_cosines
from shelflens.search.pooling import SHARPNESS, by_pool
from shelflens.types import Hit, Match, Vectors

FORMAT: Final = 1
SAMPLE = 8_192  # photos at most that a whitening is learned from
WHITENED_SHARPNESS = SHARPNESS / 2  # whitened cosines spread twice as far


@dataclass(frozen=True, slots=True)
class Ranking:
    """The default is a catalogue's as it was before anybody chose."""

    views: bool = False  # is a query's vector the mean of its picture's, its mirror image's and its middle's?
    mirrored: bool = False  # are the photos found compared together with their mirror images?
    whitening: Whitening | None = None  # that the photos found are compared through, of the catalogue's own photos
    why: str = "the nearest photos as they are"  # for people

    @property
    def how(self) -> str:
        """For people."""
        views = "query as it is, mirrored and closer" if self.views else "query as it is"
        photos = [*["mirrored"] * self.mirrored, *["whitened"] * (self.whitening is not None)]
        return f"{views}; photos {' and '.join(photos)}" if photos else views

    def to_json(self) -> str:
        whitening = self.whitening
        return json.dumps(
            {
                "format": FORMAT,
                "views": self.views,
                "mirrored": self.mirrored,
                "why": self.why,
                "whitening": whitening
                and {"mean": _packed(whitening.mean), "projection": _packed(whitening.projection)},
            }
        )

    @classmethod
    def from_json(cls, text: str, *, where: str) -> Ranking:
        """Raises CatalogueError for what `to_json` did not write; `where` is for the message."""
        try:
            data: dict[str, Any] = json.loads(text)
            if data["format"] != FORMAT:
                raise CatalogueError(f"{where}: a ranking of format {data['format']!r}; {FORMAT} is needed")
            kept = data["whitening"]
            whitening = None
            if kept is not None:
                mean = _unpacked(kept["mean"])
                whitening = Whitening(mean, _unpacked(kept["projection"]).reshape(len(mean), -1))
            return cls(bool(data["views"]), bool(data["mirrored"]), whitening, str(data["why"]))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"{where}: no ranking ({error}); run calibrate again") from error


#: What catalogues with about one photo a product start with that look closer (docs/evidence-ranking.md).
SINGLE = Ranking(views=True, mirrored=True, why="shipped for one photo a product")
#: What others start with, until `calibrate` measures: there is nothing that helps all of them.
SEVERAL = Ranking(why="shipped for several photos a product")


def shipped_ranking(*, photos: int, products: int) -> Ranking:
    """For a catalogue that nothing was measured on."""
    return SINGLE if photos < 2 * products else SEVERAL


class Ranker:
    """Photos found, to products ranked. Safe to call from several threads."""

    def __init__(self, records: Records, *, space: str, ranking: Ranking | None = None) -> None:
        self.records = records
        self.space = space
        self.ranking = ranking or Ranking()

    def matches(self, query: Vectors, groups: Sequence[tuple[Hit, ...]], *, k: int | None = None) -> tuple[Match, ...]:
        """Groups of cosine hits of one product each as matches, best first, the first k; `query` (dim,) is what was
        asked. A product that was deleted meanwhile is left out."""
        counts = self.records.photo_counts([hits[0].photo.product_id for hits in groups])
        ranked = by_pool(groups, counts, scores=self._compared(query, groups), sharpness=self._sharpness)[:k]
        products = {p.product_id: p for p in self.records.products([hits[0].photo.product_id for _, hits in ranked])}
        return tuple(
            Match(products[product_id], hits[0].score, hits[0].photo, hits, pooled)
            for pooled, hits in ranked
            if (product_id := hits[0].photo.product_id) in products
        )

    @property
    def _sharpness(self) -> float:
        return WHITENED_SHARPNESS if self.ranking.whitening else SHARPNESS

    def _compared(self, query: Vectors, groups: Sequence[tuple[Hit, ...]]) -> list[list[float]] | None:
        """The cosine of every hit once more, as the ranking wants it, and its plain one where nothing more is known of
        its photo; None: the plain ones are wanted."""
        ids = list(dict.fromkeys(hit.photo.photo_id for hits in groups for hit in hits))
        if self.ranking.whitening:
            found = self._whitened(self.ranking.whitening, query, ids)
        elif self.ranking.mirrored:
            found = mirrored_cosines(self.records, ids, query, space=self.space)
        else:
            return None
        return [[found.get(hit.photo.photo_id, hit.score) for hit in hits] for hits in groups]

    def _whitened(self, whitening: Whitening, query: Vectors, photo_ids: Sequence[str]) -> dict[str, float]:
        known = self.records.known(photo_ids, space=self.space)
        held = [photo_id for photo_id in photo_ids if photo_id in known]
        if not held:
            return {}
        cosines = whitening(self.records.vectors(held, space=self.space)) @ whitening(query[None])[0]
        return dict(zip(held, cosines.tolist(), strict=True))


def learned_whitening(records: Records, *, space: str, sample: int = SAMPLE) -> Whitening | None:
    """From the catalogue's own photos, evenly over them; None where there are too few (`rank.whitening.ENOUGH`)."""
    count = records.counts().vectors.get(space, 0)
    if count < partial.ENOUGH:
        return None
    step = -(-count // sample)
    chosen = np.concatenate([changes.put_vectors[::step] for changes in records.changes(space, 0)])
    learned = partial.learn(chosen)
    # As it will be read again, so that the search that follows is the one that was measured.
    return Whitening(
        _unpacked(_packed(learned.mean)), _unpacked(_packed(learned.projection)).reshape(len(learned.mean), -1)
    )


def _packed(values: NDArray[np.float32]) -> str:
    """Half precision: a tenth of a percent of a weight, in half of the space."""
    return base64.b64encode(np.ascontiguousarray(values, np.dtype("<f2")).tobytes()).decode()


def _unpacked(text: str) -> NDArray[np.float32]:
    """(N,), flat."""
    return np.frombuffer(base64.b64decode(text), np.dtype("<f2")).astype(np.float32)

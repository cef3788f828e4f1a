"""The model looks at photos: one decoding for the answer and the vector, on all cores, in the photos' order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.photos import LabelledPhoto
from shelflens.classify.base import Classifier, Probabilities
from shelflens.embed.base import Embedder
from shelflens.errors import PictureError
from shelflens.feed.base import BadRow, PhotoPlace
from shelflens.picture import Picture, decode_side
from shelflens.types import Vectors

Read: TypeAlias = Callable[[PhotoPlace, int], Picture]  # (place, side to decode for); raises PictureError

Item = TypeVar("Item")
Result = TypeVar("Result")

WINDOW = 16  # photos under way per worker; each may be a large picture


@dataclass(frozen=True, slots=True)
class Model:
    """What is judged. Without a classifier only its vectors are."""

    name: str
    embedder: Embedder
    classifier: Classifier | None

    @property
    def side(self) -> int:
        return decode_side(self.embedder.manifest.preprocessing)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """N photos as the model sees them."""

    photos: tuple[LabelledPhoto, ...]
    vectors: Vectors  # (N, dim)
    probabilities: Probabilities  # (N, classes); classes is 0 without a classifier
    bad: tuple[BadRow, ...]  # what could not be read


def look(
    model: Model,
    photos: Iterable[LabelledPhoto | BadRow],
    *,
    read: Read,
    workers: int,
    on_progress: Callable[[int], None],
    classify: bool = True,
) -> Seen:
    """`on_progress` hears how many photos are done. Without `classify` only vectors are made."""
    classifier = model.classifier if classify else None
    good: list[LabelledPhoto] = []
    bad: list[BadRow] = []
    vectors: list[NDArray[np.float32]] = []
    answers: list[Probabilities] = []

    def one(photo: LabelledPhoto | BadRow) -> tuple[LabelledPhoto, Vectors, Probabilities | None] | BadRow:
        if isinstance(photo, BadRow):
            return photo
        try:
            picture = read(photo.place, model.side).image
        except PictureError as error:
            return BadRow(photo.where, str(error), photo.label)
        return photo, model.embedder.embed([picture])[0], classifier.classify([picture])[0] if classifier else None

    for done, result in enumerate(_overlapped(one, photos, workers=workers), 1):
        if isinstance(result, BadRow):
            bad.append(result)
        else:
            photo, vector, answer = result
            good.append(photo)
            vectors.append(vector)
            if answer is not None:
                answers.append(answer)
        on_progress(done)
    classes = len(classifier.labels.names) if classifier else 0
    return Seen(
        tuple(good),
        np.array(vectors, np.float32).reshape(len(good), model.embedder.manifest.dimension),
        np.array(answers, np.float64).reshape(len(good), classes),
        tuple(bad),
    )


def _overlapped(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> Iterator[Result]:
    """In the items' order, a bounded number of them under way."""
    under_way: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="look")
    try:
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) >= WINDOW * workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

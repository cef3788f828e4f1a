"""Judges a model on photos whose labels are known, by the same reading and the same network that serve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.assess.looking import Model, Read, Seen, look
from shelflens.assess.photos import labelled
from shelflens.assess.result import Assessment, Retrieval, Score
from shelflens.assess.retrieval import RETRIEVAL, Ranking, rank, rank_among_themselves
from shelflens.assess.summary import answer_scores, class_scores, confusions, mean_scores, no_scores
from shelflens.classify.folder import network
from shelflens.classify.labels import Labels
from shelflens.classify.loading import load_classifier
from shelflens.embed.loading import load_embedder
from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, FeedRow
from shelflens.metrics.calibration import auroc

OnProgress = Callable[[int], None]


def load_model(name: str, *, threads: int = 1) -> Model:
    """A model folder or one of its networks, by path; or an embedder's name (`lite0`), which gives no answers."""
    if not Path(name).exists():
        return Model(name, load_embedder(name, threads=threads), None)
    place = network(Path(name))
    classifier = load_classifier(str(place), threads=threads)
    return Model(classifier.manifest.name, load_embedder(f"onnx:{place}", threads=threads), classifier)


def assess(
    model: Model,
    rows: Iterable[FeedRow | BadRow],
    *,
    read: Read,
    gallery: Iterable[FeedRow | BadRow] | None = None,
    target: str = "product_id",
    workers: int = 1,
    seed: int = 0,
    on_progress: OnProgress = lambda _done: None,
) -> Assessment:
    """Every photo is answered and embedded once; vectors are ranked against the `gallery`'s, or else against each
    other. `target` is the column to compare with where the model names none. `on_progress` hears how many photos are
    done. Raises SourceError when no photo could be used."""
    labels = model.classifier.labels if model.classifier else None
    target = labels.target if labels else target
    seen = look(model, labelled(rows, target), read=read, workers=workers, on_progress=on_progress)
    if not seen.photos:
        raise SourceError(_nothing("photo", seen.bad))
    others, repeated = None, 0
    if gallery is not None:
        done = len(seen.photos) + len(seen.bad)
        others = look(
            model,
            labelled(gallery, target),
            read=read,
            workers=workers,
            on_progress=lambda more: on_progress(done + more),
            classify=False,
        )
        if not others.photos:
            raise SourceError(_nothing("gallery photo", others.bad))
        others, repeated = _without(others, seen)
        if not others.photos:
            raise SourceError("all gallery photos are among the data; rank these against each other: without --gallery")
    truth = _truth(seen, labels)
    known = np.flatnonzero(truth >= 0)
    ranking = _ranking(seen, others)
    manifest = model.embedder.manifest
    mine, own = seen.probabilities[known], truth[known]
    return Assessment(
        model=model.name,
        space=manifest.space,
        target=target,
        labels=labels,
        seen=seen,
        truth=truth,
        nearest=ranking.nearest,
        gallery=others,
        gallery_repeated=repeated,
        bad_rows=(*seen.bad, *(others.bad if others else ())),
        scores=(
            *(answer_scores(mine, own, labels, seed=seed) if labels else no_scores(None)),
            _auroc_known(seen, truth),
        ),
        classes=class_scores(mine, own, labels) if labels else (),
        confusions=confusions(mine, own, labels, known) if labels else (),
        retrieval=_retrieval(ranking, np.ones(len(truth), np.bool_), themselves=others is None, seed=seed),
        retrieval_seen=_retrieval(ranking, truth >= 0, themselves=others is None, seed=seed),
        retrieval_unseen=_retrieval(ranking, truth < 0, themselves=others is None, seed=seed),
    )


def _truth(seen: Seen, labels: Labels | None) -> NDArray[np.int64]:
    place = {name: number for number, name in enumerate(labels.names)} if labels else {}
    return np.array([place.get(photo.label, -1) for photo in seen.photos], np.int64)


def _without(gallery: Seen, seen: Seen) -> tuple[Seen, int]:
    """The gallery without pictures that are among the data, which would find themselves, and how many those were.
    Equal pictures have equal vectors, to the last bit."""
    there = {vector.tobytes() for vector in seen.vectors}
    kept = [row for row, vector in enumerate(gallery.vectors) if vector.tobytes() not in there]
    left = Seen(
        tuple(gallery.photos[row] for row in kept), gallery.vectors[kept], gallery.probabilities[kept], gallery.bad
    )
    return left, len(gallery.photos) - len(kept)


def _ranking(seen: Seen, gallery: Seen | None) -> Ranking:
    every = [photo.label for photo in (*seen.photos, *(gallery.photos if gallery else ()))]
    codes = np.unique(np.array(every), return_inverse=True)[1].astype(np.int64)
    own = codes[: len(seen.photos)]
    if gallery:
        return rank(seen.vectors, own, gallery.vectors, codes[len(own) :])
    if len(own) == 1:  # nothing to rank
        return Ranking(np.zeros((1, len(RETRIEVAL))), np.zeros(1, np.int64), np.zeros(1, np.int64))
    return rank_among_themselves(seen.vectors, own)


def _retrieval(ranking: Ranking, chosen: NDArray[np.bool_], *, themselves: bool, seed: int) -> Retrieval:
    """Over the `chosen`, (N,), photos. Against a gallery, what cannot be found is a miss, as customers would see it;
    among themselves, a photo that is the only one of its label is no query at all."""
    ranked = chosen & (ranking.relevant > 0) if themselves else chosen
    queries = int(ranked.sum())
    return Retrieval(
        queries=queries,
        queries_without_product=int((ranked & (ranking.relevant == 0)).sum()),
        alone=int(chosen.sum()) - queries,
        scores=mean_scores(RETRIEVAL, ranking.values[ranked], seed=seed)
        if queries
        else tuple(Score(name, None) for name in RETRIEVAL),
    )


def _auroc_known(seen: Seen, truth: NDArray[np.int64]) -> Score:
    sure, known = seen.probabilities.max(axis=1, initial=0.0), truth >= 0
    return Score("auroc_known", auroc(sure[known], sure[~known]) if 0 < known.sum() < len(known) else None)


def _nothing(what: str, bad: tuple[BadRow, ...]) -> str:
    first = f"; the first: {bad[0].where}: {bad[0].reason}" if bad else ""
    return f"no {what} could be used ({len(bad)} bad rows{first})"

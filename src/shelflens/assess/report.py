"""An assessment as a folder to look at: `index.html`, which needs nothing else, and `evaluation.json`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from shelflens.assess.as_json import assessment_json
from shelflens.assess.atlas import atlas
from shelflens.assess.charts import charts
from shelflens.assess.learning import Epoch
from shelflens.assess.looking import Model, Read
from shelflens.assess.matrix import matrix
from shelflens.assess.pictures import Pictures
from shelflens.assess.result import Assessment, Confusion, Retrieval, Score
from shelflens.pages.model_report import (
    ClassRow,
    ConfusedPair,
    Example,
    ModelPage,
    RetrievalRow,
    WrongAnswer,
    model_report,
)
from shelflens.pages.model_texts import MODEL_ENGLISH
from shelflens.pages.report import BadRowLine, Fact, Figure
from shelflens.pages.writing import write_json, write_text

DATA_FILE = "evaluation.json"
WORST = 18
PAIRS = 12
PHOTOS_PER_PAIR = 4

_NAMES = {
    "accuracy": ("Accuracy", "The first answer is right"),
    "top5": ("Top 5", "The right class is among the first five"),
    "f1_macro": ("Macro F1", "Precision and recall in one, each class counting the same"),
    "recall_macro": ("Macro recall", "Accuracy with each class counting the same"),
    "precision_macro": ("Macro precision", "How far an answer can be trusted, each class counting the same"),
    "recall@1": ("Recall@1", "The nearest photo is of the same label"),
    "recall@5": ("Recall@5", "One of the five nearest is"),
    "recall@10": ("Recall@10", "One of the ten nearest is"),
    "map": ("mAP", "How near all photos of the label are"),
    "map@r": ("mAP@R", "Among as many nearest photos as the label has, how many are of it; early ones count more"),
}
_ANSWERS = ("accuracy", "top5", "precision_macro", "recall_macro", "f1_macro")
_VECTORS = ("recall@1", "map@r")


def write_report(
    found: Assessment,
    folder: Path,
    *,
    model: Model,
    read: Read,
    history: Sequence[Epoch] = (),
    title: str = "Model report",
) -> Path:
    """Writes the folder's two files, each whole or not at all, and returns the page's path.

    `read` opens photos again; `history` are the epochs of the training, where they are known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / DATA_FILE, assessment_json(found))
    page = _page(found, Pictures(found, model, read), history, title=title)
    write_text(folder / "index.html", model_report(page))
    return folder / "index.html"


def _page(found: Assessment, pictures: Pictures, history: Sequence[Epoch], *, title: str) -> ModelPage:
    mistakes = _worst(found)
    activation = bool(mistakes) and pictures.heat_is_activation()
    return ModelPage(
        title=title,
        lead=_lead(found),
        figures=_figures(found),
        facts=_facts(found),
        charts=charts(found, history),
        matrix=matrix(found),
        map=atlas(found, pictures.small),
        retrieval=_retrieval(found),
        classes=_classes(found),
        mistakes=tuple(_mistake(found, place, pictures) for place in mistakes),
        pairs=tuple(_pair(pair, pictures) for pair in found.confusions[:PAIRS]),
        bad_rows=tuple(BadRowLine(row.where, row.reason) for row in found.bad_rows),
        heat_hint=MODEL_ENGLISH.activation_hint if activation else MODEL_ENGLISH.occlusion_hint,
        data_file=DATA_FILE,
    )


def _lead(found: Assessment) -> str:
    photos = len(found.seen.photos)
    known = int(found.known.sum())
    if found.labels is None or not known:
        return f"{photos:,} photos, none of a class that the model has learnt: only its vectors are judged."
    right = int(found.right.sum())
    return f"{right:,} of {known:,} photos ({100 * right / known:.1f} %) were told right."


def _figures(found: Assessment) -> tuple[Figure, ...]:
    coarse = {
        f"accuracy_{group.name}": (f"Accuracy, {group.name}", f"The first answer is right as to {group.name}")
        for group in (found.labels.groups if found.labels else ())
    }
    answers, vectors = (_ANSWERS, _VECTORS) if found.labels and found.known.any() else ((), tuple(_NAMES)[5:])
    wanted = (*answers[:2], *(coarse if answers else ()), *answers[2:], *vectors)
    return tuple(_figure(found.score(name), *{**_NAMES, **coarse}[name]) for name in wanted if _has(found.score(name)))


def _has(score: Score) -> bool:
    return score.low is not None


def _figure(score: Score, name: str, gloss: str = "") -> Figure:
    assert score.value is not None and score.low is not None and score.high is not None, score
    return Figure(name, score.value, score.low, score.high, gloss)


def _facts(found: Assessment) -> tuple[Fact, ...]:
    unseen = int((~found.known).sum())
    facts = [
        Fact("Model", found.model, f"Space {found.space}"),
        Fact("Photos", f"{len(found.seen.photos):,}"),
        Fact("Ranked against", f"{len(found.gallery.photos):,} gallery photos" if found.gallery else "each other"),
    ]
    if found.labels:
        facts.insert(1, Fact("Classes", f"{len(found.labels.names):,}", f"of {found.target}"))
        if unseen:
            facts.append(Fact("Of labels not learnt", f"{unseen:,}", "in no figure of the answers"))
    if found.labels and unseen < len(found.truth):
        error, chance = found.score("ece").value, found.score("ece_chance").value
        coverage = found.score("coverage@99").value
        assert error is not None and chance is not None and coverage is not None
        facts += [
            Fact("Expected calibration error", f"{error:.3f}", f"{chance:.3f} would be chance at this number"),
            Fact("Answered at 99 % precision", f"{100 * coverage:.1f} %", "of the photos, the surest first"),
        ]
    if found.bad_rows:
        facts.append(Fact("Bad rows", f"{len(found.bad_rows):,}", "in no figure"))
    return tuple(facts)


def _retrieval(found: Assessment) -> tuple[RetrievalRow, ...]:
    rows: list[tuple[str, Retrieval]] = [("All labels", found.retrieval)]
    if found.labels and not found.known.all() and found.known.any():
        rows += [("Labels it has learnt", found.retrieval_seen), ("Labels it has not", found.retrieval_unseen)]
    return tuple(
        RetrievalRow(
            name, it.queries, tuple(_figure(score, _NAMES[score.metric][0]) for score in it.scores if _has(score))
        )
        for name, it in rows
    )


def _classes(found: Assessment) -> tuple[ClassRow, ...]:
    rows = [
        ClassRow(it.label, it.photos, it.precision, it.recall, it.f1, it.auroc, it.average_precision)
        for it in found.classes
        if it.photos
    ]
    return tuple(sorted(rows, key=lambda row: (row.f1, row.label)))


def _worst(found: Assessment) -> list[int]:
    """Places of the surest wrong answers to photos of known labels."""
    wrong = found.known & ~found.right
    places = sorted(wrong.nonzero()[0].tolist(), key=lambda place: (-found.sureness[place], place))
    return places[:WORST]


def _mistake(found: Assessment, place: int, pictures: Pictures) -> WrongAnswer:
    assert found.labels is not None
    photo, probabilities = found.seen.photos[place], found.seen.probabilities[place]
    answer, truth = int(found.predicted[place]), int(found.truth[place])
    answered = pictures.like(place, found.labels.names[answer])
    real = pictures.like(place, photo.label)
    return WrongAnswer(
        name=PurePath(photo.place.source).name or photo.where,
        picture=pictures.photo(place),
        heat=pictures.heat(place),
        answered=Example(answered.label, answered.picture, _percent(probabilities[answer])),
        truth=Example(real.label, real.picture, _percent(probabilities[truth])),
    )


def _pair(pair: Confusion, pictures: Pictures) -> ConfusedPair:
    first = pair.places[0]
    return ConfusedPair(
        truth=pictures.like(first, pair.label),
        taken_for=pictures.like(first, pair.taken_for),
        photos=len(pair.places),
        pictures=tuple(pictures.photo(place) for place in pair.places[:PHOTOS_PER_PAIR]),
    )


def _percent(probability: float) -> str:
    return f"{100 * probability:.1f} %"

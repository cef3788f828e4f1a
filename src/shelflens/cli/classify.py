"""`shelflens classify`: what is in these photos?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shelflens.classify.answers import Answer, best
from shelflens.classify.base import Classifier
from shelflens.classify.loading import load_classifier
from shelflens.cli.options import json_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.errors import PictureError
from shelflens.picture import decode_side, open_file

BAR = 10  # characters of a probability of 1


@dataclass(frozen=True, slots=True)
class Classified:
    photo: Path
    answers: tuple[Answer, ...]  # best first
    groups: tuple[tuple[str, tuple[Answer, ...]], ...]  # (column, best first)


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--k", default=3, show_default=True, type=click.IntRange(1, 10_000), help="Answers wanted for a photo.")
@json_option
@click.pass_context
def classify(ctx: click.Context, *, model: str, photos: tuple[Path, ...], k: int, as_json: bool) -> None:
    """Says what each PHOTO shows, and how probable that is, by the trained MODEL: a folder that `train` wrote."""
    classifier = load_classifier(model)
    found: list[Classified] = []
    bad: list[tuple[Path, str]] = []
    with ProgressBar("classifying", "photos", quiet=as_json or len(photos) == 1) as bar:
        for done, photo in enumerate(photos, 1):
            try:
                found.append(_classified(classifier, photo, k=k))
            except PictureError as error:
                bad.append((photo, str(error)))
            bar.show(done, len(photos))
    if as_json:
        print_json(_json(classifier, found, bad))
    else:
        if found:
            _print_table(classifier, found)
        for _, reason in bad:
            click.echo(reason, err=True)
    if bad:
        ctx.exit(BAD_ROWS if found else 1)


def _classified(classifier: Classifier, photo: Path, *, k: int) -> Classified:
    side = decode_side(classifier.manifest.preprocessing)
    probabilities = classifier.classify([open_file(photo, side=side).image])
    labels = classifier.labels
    groups = tuple((group.name, best(group.sums(probabilities)[0], group.values, k=k)) for group in labels.groups)
    return Classified(photo, best(probabilities[0], labels.names, k=k), groups)


def _json(classifier: Classifier, found: Sequence[Classified], bad: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    return {
        "model": classifier.manifest.name,
        "target": classifier.labels.target,
        "photos": [
            {
                "photo": str(one.photo),
                "answers": _answers(one.answers),
                "groups": {name: _answers(answers) for name, answers in one.groups},
            }
            for one in found
        ],
        "bad_photos": [{"photo": str(photo), "reason": reason} for photo, reason in bad],
    }


def _answers(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"label": answer.label, "probability": round(answer.probability, 6)} for answer in answers]


def _print_table(classifier: Classifier, found: Sequence[Classified]) -> None:
    """One block of rows per photo: the best answers side by side with the best values of each group."""
    labels = classifier.labels
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("photo", overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column("", no_wrap=True, min_width=BAR)
    for name in (labels.target, *(group.name for group in labels.groups)):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for one in found:
        columns = [one.answers, *(answers for _, answers in one.groups)]
        for row in range(max(len(answers) for answers in columns)):
            style = "bold" if row == 0 else "dim"
            cells = [_cell(answers[row], style) if row < len(answers) else Text() for answers in columns]
            bar = _bar(one.answers[row]) if row < len(one.answers) else Text()
            table.add_row(Text(one.photo.name if row == 0 else ""), bar, *cells)
        table.add_section()
    Console().print(table)


def _cell(answer: Answer, style: str) -> Text:
    return Text(f"{100 * answer.probability:5.1f} % {answer.label}", style=style)


def _bar(answer: Answer) -> Text:
    filled = round(BAR * answer.probability)
    return Text("█" * filled, style="cyan").append("·" * (BAR - filled), style="dim")

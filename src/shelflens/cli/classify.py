"""`shelflens classify`: what is in these photos?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shelflens.classify.answers import Answer, best
from shelflens.classify.loading import load_classifier
from shelflens.cli.options import json_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.remote import connected, labels_of, server_options
from shelflens.errors import ModelError, PictureError
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
@server_options
@json_option
@click.pass_context
def classify(
    ctx: click.Context,
    *,
    model: str,
    photos: tuple[Path, ...],
    k: int,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Says what each PHOTO shows, and how probable that is, by the trained MODEL: a folder that `train` wrote.

    With --server it is the server's (`serve --classifier`), and MODEL its name there.
    """
    by = _By(model)
    found: list[Classified] = []
    bad: list[tuple[Path, str]] = []
    with ExitStack() as stack:
        look = stack.enter_context(_there(server, key, model, k=k)) if server else _here(model, k=k)
        bar = stack.enter_context(ProgressBar("classifying", "photos", quiet=as_json or len(photos) == 1))
        for done, photo in enumerate(photos, 1):
            try:
                by, one = look(photo)
            except PictureError as error:
                bad.append((photo, str(error)))
            else:
                found.append(one)
            bar.show(done, len(photos))
    if as_json:
        print_json(_json(by, found, bad))
    else:
        if found:
            _print_table(by, found)
        for _, reason in bad:
            click.echo(reason, err=True)
    if bad:
        ctx.exit(BAD_ROWS if found else 1)


@dataclass(frozen=True, slots=True)
class _By:
    """The model that answers."""

    name: str
    target: str = ""  # what its answers are values of; "": it has not answered
    groups: tuple[str, ...] = ()  # columns that it sums its answers to


_Look: TypeAlias = Callable[[Path], tuple[_By, Classified]]


def _here(model: str, *, k: int) -> _Look:
    classifier = load_classifier(model)
    labels, side = classifier.labels, decode_side(classifier.manifest.preprocessing)
    by = _By(classifier.manifest.name, labels.target, tuple(group.name for group in labels.groups))

    def look(photo: Path) -> tuple[_By, Classified]:
        probabilities = classifier.classify([open_file(photo, side=side).image])
        groups = tuple((group.name, best(group.sums(probabilities)[0], group.values, k=k)) for group in labels.groups)
        return by, Classified(photo, best(probabilities[0], labels.names, k=k), groups)

    return look


@contextmanager
def _there(server: str, key: str | None, model: str, *, k: int) -> Iterator[_Look]:
    from shelflens.client import ServerError

    def look(photo: Path) -> tuple[_By, Classified]:
        try:
            found = client.classify(photo, k=k)
        except ServerError as error:
            if error.kind not in ("picture-not-usable", "picture-too-long"):
                raise
            raise PictureError(f"{photo}: {error}") from error
        if found.model != model:
            raise ModelError(f"{server}: there is no trained model {model!r}; there is {found.model!r}")
        (one,) = found.pictures
        groups = tuple((name, labels_of(labels)) for name, labels in one.groups.items())
        return _By(found.model, found.target, tuple(one.groups)), Classified(photo, labels_of(one.answers), groups)

    with connected(server, key) as client:
        yield look


def _json(by: _By, found: Sequence[Classified], bad: Sequence[tuple[Path, str]]) -> dict[str, Any]:
    return {
        "model": by.name,
        "target": by.target,
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


def _print_table(by: _By, found: Sequence[Classified]) -> None:
    """One block of rows per photo: the best answers side by side with the best values of each group."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("photo", overflow="ellipsis", no_wrap=True, max_width=24)
    table.add_column("", no_wrap=True, min_width=BAR)
    for name in (by.target, *by.groups):
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

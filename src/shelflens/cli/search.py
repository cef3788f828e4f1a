"""`shelflens search`: which of my products is this?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shelflens import filters
from shelflens.assemble import open_catalogue
from shelflens.cli.options import BoxType, catalogue_argument, json_option
from shelflens.cli.output import match_json, match_line, plain, print_json
from shelflens.cli.remote import remote, server_options
from shelflens.cli.searching import Question, search_here, search_there
from shelflens.errors import SpeechError
from shelflens.records.address import Location
from shelflens.search import Answer, Options, Wish
from shelflens.search.wish import WEIGHT
from shelflens.types import Box, Metric, Verdict

if TYPE_CHECKING:
    from shelflens.client import Answer as RemoteAnswer


@click.command()
@catalogue_argument
@click.argument("photos", metavar="[PHOTO]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--photo", "more_photos", multiple=True, type=click.Path(path_type=Path), help="The same as PHOTO.")
@click.option("--like", metavar="ID", help="Search by a product of the catalogue instead of photos.")
@click.option("--text", default="", help="What is wanted, in words, beside photos or without any.")
@click.option(
    "--speech", "speech_path", type=click.Path(path_type=Path), help="A WAV file that says what is wanted, in English."
)
@click.option("--minus", default="", metavar="TEXT", help="Words that are not wanted.")
@click.option(
    "--text-weight", default=WEIGHT, show_default=True, type=click.FloatRange(0, 1), help="Of words beside photos."
)
@click.option("--more", multiple=True, metavar="ID", help="More like this product. May be repeated.")
@click.option("--less", multiple=True, metavar="ID", help="Less like this product, and not itself. May be repeated.")
@click.option("--user", metavar="ID", help="Whose taste orders what is about equally good.")
@click.option("--k", default=10, show_default=True, type=click.IntRange(1, 10_000), help="Products wanted.")
@click.option(
    "--filter", "condition", metavar="CONDITION", help="""For example: 'category = "Juice" and price <= 30'."""
)
@click.option("--min-score", type=click.FloatRange(-1, 1), help="The least cosine.")
@click.option("--max-distance", type=click.FloatRange(0, 2), help="The greatest Euclidean distance.")
@click.option("--metric", type=click.Choice([m.value for m in Metric]), default=Metric.COSINE.value, show_default=True)
@click.option("--box", type=BoxType(), help="Where the thing is: left,top,right,bottom as fractions.")
@click.option("--sheet", "sheet_path", type=click.Path(path_type=Path), help="Write a page with pictures there.")
@click.option("--explain", "explain_path", type=click.Path(path_type=Path), help="Write a page that shows why there.")
@server_options
@json_option
def search(
    *,
    catalogue: Location,
    photos: tuple[Path, ...],
    more_photos: tuple[Path, ...],
    like: str | None,
    text: str,
    speech_path: Path | None,
    minus: str,
    text_weight: float,
    more: tuple[str, ...],
    less: tuple[str, ...],
    user: str | None,
    k: int,
    condition: str | None,
    min_score: float | None,
    max_distance: float | None,
    metric: str,
    box: Box | None,
    sheet_path: Path | None,
    explain_path: Path | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Finds the products of CATALOGUE that look like the one thing that all PHOTOs show, or that are as words say, or
    both; best first."""
    photos = (*photos, *more_photos)
    if speech_path:
        text = f"{text} {_heard(catalogue, speech_path, server, key)}".strip()
    wish = Wish(text, minus, text_weight, more, less)
    _check_question(photos, like, wish, box=box, explained=explain_path is not None)
    _check_metric(metric, min_score, max_distance)
    asked = Question(
        photos=photos,
        like=like,
        wish=wish,
        box=box,
        user=user,
        options=Options(
            k=k,
            metric=Metric(metric),
            condition=filters.parse(condition) if condition else None,
            threshold=min_score if metric == Metric.COSINE else max_distance,
        ),
        filter=condition,
        sheet=sheet_path,
        explain=explain_path,
    )
    answer: Answer | RemoteAnswer
    if server:
        with remote(server, key, str(catalogue)) as there:
            answer = search_there(there, asked)
    else:
        with open_catalogue(catalogue) as opened:
            answer = search_here(opened, asked)
    _print(answer, asked, as_json=as_json)
    if sheet_path and not as_json:
        click.echo(f"The sheet is {sheet_path}")
    if explain_path and not as_json:
        click.echo(f"The explanation is {explain_path}")


def _heard(catalogue: Location, speech: Path, server: str | None, key: str | None) -> str:
    """What was said; shown, so that a person can see what was understood, and type it better."""
    if server:
        with remote(server, key, str(catalogue)) as there:
            heard = there.transcribe(speech)
    else:
        with open_catalogue(catalogue) as opened:
            heard = opened.hear(speech)
    if not heard:
        raise SpeechError(f"{speech}: no word was understood; say it again, or type it: --text")
    click.echo(f"Heard: {heard}", err=True)
    return heard


def _check_question(photos: Sequence[Path], like: str | None, wish: Wish, *, box: Box | None, explained: bool) -> None:
    if photos and like:
        raise click.UsageError("give one or more PHOTOs, or --like ID, one of the two")
    if not (photos or like or wish.text.strip() or wish.more):
        raise click.UsageError("give one or more PHOTOs, --like ID, --text or --more ID")
    if explained and not photos:
        raise click.UsageError("--explain compares photos with what they found; not with --like alone: give PHOTOs")
    if box and not photos:
        raise click.UsageError("--box is a part of PHOTOs; there is none")


def _check_metric(metric: str, min_score: float | None, max_distance: float | None) -> None:
    if min_score is not None and metric == Metric.EUCLIDEAN:
        raise click.UsageError("--min-score is a cosine; with --metric euclidean give --max-distance")
    if max_distance is not None and metric == Metric.COSINE:
        raise click.UsageError("--max-distance goes with --metric euclidean; with cosine give --min-score")


def _print(answer: Answer | RemoteAnswer, asked: Question, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "query": [str(photo) for photo in asked.photos],
                "like": asked.like,
                **plain(asked.wish),
                "metric": asked.options.metric,
                "verdict": answer.verdict,
                "unknown": None if answer.unknown is None else round(answer.unknown, 6),
                "matches": [match_json(match) for match in answer.matches],
                "embed_ms": round(answer.embed_seconds * 1e3, 3),
                "search_ms": round(answer.search_seconds * 1e3, 3),
            }
        )
        return
    for place, match in enumerate(answer.matches, 1):
        click.echo(match_line(place, match))
    if answer.verdict is Verdict.UNKNOWN and answer.matches:
        click.echo("Unknown product: probably none of these.")
    if not answer.matches:
        click.echo("Nothing found: no product meets the filter and the threshold.")

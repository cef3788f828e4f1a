"""`shelflens evaluate-model`: how good is a trained model on photos whose labels are known?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from shelflens.assess import Assessment, assess, assessment_json, load_model, write_report
from shelflens.assess.learning import Epoch, read_history
from shelflens.assess.looking import Read
from shelflens.assess.photos import open_labelled
from shelflens.classify.folder import HISTORY
from shelflens.cli.options import columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.feed.base import PhotoPlace
from shelflens.indexing.reading import PhotoReader
from shelflens.picture import Picture
from shelflens.settings import from_environment

SHOWN = (
    "accuracy", "top5", "precision_macro", "recall_macro", "f1_macro", "f1_weighted", "auroc_macro",
    "recall@1", "recall@5", "map", "map@r",
)  # fmt: skip
LISTED = 10  # confusions and bad rows printed


@click.command("evaluate-model")
@click.argument("model", metavar="MODEL")
@click.option("--data", required=True, metavar="SOURCE", help="Photos with their labels: a table, or class folders.")
@click.option("--gallery", metavar="SOURCE", help="Rank vectors against these photos, not against the data's others.")
@map_option
@click.option("--target", default="product_id", show_default=True, help="Column to compare with, for an embedder.")
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Write a page with pictures there.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap intervals.")
@json_option
@click.pass_context
def evaluate_model(
    ctx: click.Context,
    *,
    model: str,
    data: str,
    gallery: str | None,
    mapping: tuple[tuple[str, str], ...],
    target: str,
    report: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Judges MODEL, a folder that `train` wrote: its answers, and its vectors on learnt and on new products.

    MODEL may also be an embedder's name, such as lite0; then only its vectors are judged.
    """
    judged = load_model(model)
    wanted = columns(mapping)
    column = judged.classifier.labels.target if judged.classifier else target
    feed = open_labelled(data, columns=wanted, target=column)
    others = open_labelled(gallery, columns=wanted, target=column) if gallery else None
    totals = [one.photos() for one in (feed, others) if one]
    total = None if None in totals else sum(count or 0 for count in totals)
    with _reading() as read, ProgressBar("judging", "photos", quiet=as_json) as bar:
        found = assess(
            judged,
            feed,
            gallery=others,
            read=read,
            target=column,
            workers=from_environment(os.environ).cores,
            seed=seed,
            on_progress=lambda done: bar.show(done, total),
        )
        if report:
            write_report(found, report, model=judged, read=read, history=_history(model))
    if as_json:
        print_json(assessment_json(found))
    else:
        _print_lines(found)
        if report:
            click.echo(f"The report is {report / 'index.html'}")
    if found.bad_rows:
        ctx.exit(BAD_ROWS)


def _history(model: str) -> tuple[Epoch, ...]:
    place = Path(model)
    return read_history((place if place.is_dir() else place.parent) / HISTORY)


@contextmanager
def _reading() -> Iterator[Read]:
    reader = PhotoReader()

    def read(place: PhotoPlace, side: int) -> Picture:
        return reader.open(place, side=side)

    try:
        yield read
    finally:
        reader.close()


def _print_lines(found: Assessment) -> None:
    labels = {photo.label for photo in found.seen.photos}
    click.echo(f"{len(found.seen.photos)} photos of {len(labels)} labels ({found.target})")
    _print_remarks(found)
    groups = [f"accuracy_{group.name}" for group in (found.labels.groups if found.labels else ())]
    for score in (found.score(name) for name in (*SHOWN[:2], *groups, *SHOWN[2:])):
        if score.value is not None:
            ends = "" if score.low is None else f"  (95 %: {score.low:.3f} to {score.high:.3f})"
            click.echo(f"{score.metric:>18}  {score.value:.3f}{ends}")
    if found.labels and 0 < found.known.sum() < len(found.known):
        for words, retrieval in (("seen", found.retrieval_seen), ("unseen", found.retrieval_unseen)):
            if retrieval.queries:
                first = retrieval.scores[0]
                click.echo(f"{first.metric + ' ' + words:>18}  {first.value:.3f}  over {retrieval.queries} photos")
    ece, brier = found.score("ece").value, found.score("brier").value
    if ece is not None:
        click.echo(f"probabilities: ECE {ece:.3f}, Brier {brier:.3f}")
    for pair in found.confusions[:LISTED]:
        click.echo(f"  {len(pair.places)} x {pair.label} taken for {pair.taken_for}")


def _print_remarks(found: Assessment) -> None:
    """What the reader of the figures should know, on standard error."""
    unseen = int((~found.known).sum())
    if found.labels and unseen == len(found.known):
        click.echo(f"none is of a class of the model, which knows {_some(found.labels.names)}", err=True)
    elif found.labels and unseen:
        click.echo(f"{unseen} of them of labels that it has not learnt: in no figure of its answers", err=True)
    if found.gallery_repeated:
        click.echo(f"{found.gallery_repeated} gallery photos are among the data and were left out", err=True)
    for row in found.bad_rows[:LISTED]:
        click.echo(f"{row.where}: {row.reason}", err=True)
    if len(found.bad_rows) > LISTED:
        click.echo(f"and {len(found.bad_rows) - LISTED} more bad rows; --json counts them", err=True)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

"""`shelflens calibrate`: which ranking finds most, and how sure may an answer be?"""

from __future__ import annotations

from typing import Any

import click

from shelflens.assemble import open_catalogue
from shelflens.calibrate.fitting import FitOptions
from shelflens.cli.options import catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, plain, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.feed.base import BadRow
from shelflens.records.address import Location
from shelflens.search.choosing import Choice


@click.command()
@catalogue_argument
@click.option("--precision", default=0.99, show_default=True, type=click.FloatRange(0.5, 0.9999), help="To accept at.")
@click.option(
    "--unknown",
    default=FitOptions().unknown_share,
    show_default=True,
    type=click.FloatRange(0, 0.9),
    help="Share of queries whose product is not in the catalogue.",
)
@click.option("--queries", metavar="SOURCE", help="Learn from these photos of known products, which customers took.")
@map_option
@json_option
@click.pass_context
def calibrate(
    ctx: click.Context,
    *,
    catalogue: Location,
    precision: float,
    unknown: float,
    queries: str | None,
    mapping: tuple[tuple[str, str], ...],
    as_json: bool,
) -> None:
    """Chooses the ranking and fits the probability of a match: on CATALOGUE's own photos, each searched among the
    others, or on `--queries`."""
    bad: list[BadRow] = []
    with open_catalogue(catalogue) as opened, ProgressBar("calibrating", "queries") as bar:
        choice = opened.calibrate(
            queries,
            columns=columns(mapping),
            options=FitOptions(precision=precision, unknown_share=unknown),
            on_progress=bar.show,
            on_bad=bad.append,
        )
    for row in bad:
        click.echo(f"{row.where}: {row.reason}", err=True)
    if as_json:
        print_json(_json(choice))
    else:
        _print_lines(choice)
    if bad:
        ctx.exit(BAD_ROWS)


def _json(choice: Choice) -> dict[str, Any]:
    calibration, ranking = choice.best.fitted.calibration, choice.best.ranking
    return {
        **plain(calibration.provenance),
        "bands": plain(calibration.bands),
        "ranking": {"views": ranking.views, "whitened": ranking.whitening is not None},
        "trials": [
            {"views": one.ranking.views, "whitened": one.ranking.whitening is not None, "right": one.right}
            for one in choice.trials
        ],
    }


def _print_lines(choice: Choice) -> None:
    calibration = choice.best.fitted.calibration
    learnt = calibration.provenance
    click.echo(f"Learnt from {learnt.queries} queries of {learnt.products} products (data {learnt.digest}).")
    for trial in choice.trials:
        click.echo(f"{'*' if trial is choice.best else ' '} right first {trial.right:.3f}  {trial.ranking.how}")
    click.echo(f"On products held out: ECE {learnt.ece:.3f}, Brier {learnt.brier:.3f}")
    click.echo(f"Bands: {calibration.bands}")

"""`shelflens calibrate`: which ranking finds most, and how sure may an answer be?"""

from __future__ import annotations

from pathlib import Path

import click

from shelflens.assemble import open_catalogue
from shelflens.calibrate.fitting import FitOptions
from shelflens.cli.options import catalogue_argument, json_option
from shelflens.cli.output import plain, print_json
from shelflens.cli.progress import ProgressBar


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
@json_option
def calibrate(*, catalogue: Path, precision: float, unknown: float, as_json: bool) -> None:
    """Chooses the ranking and fits the probability of a match on CATALOGUE's own photos: each is searched among the
    others."""
    with open_catalogue(catalogue) as opened, ProgressBar("calibrating", "queries") as bar:
        options = FitOptions(precision=precision, unknown_share=unknown)
        choice = opened.calibrate(options=options, on_progress=bar.show)
    calibration, ranking = choice.best.fitted.calibration, choice.best.ranking
    if as_json:
        print_json(
            {
                **plain(calibration.provenance),
                "bands": plain(calibration.bands),
                "ranking": {"views": ranking.views, "whitened": ranking.whitening is not None},
                "trials": [
                    {"views": one.ranking.views, "whitened": one.ranking.whitening is not None, "right": one.right}
                    for one in choice.trials
                ],
            }
        )
        return
    learnt = calibration.provenance
    click.echo(f"Learnt from {learnt.queries} queries of {learnt.products} products (data {learnt.digest}).")
    for trial in choice.trials:
        click.echo(f"{'*' if trial is choice.best else ' '} right first {trial.right:.3f}  {trial.ranking.how}")
    click.echo(f"On products held out: ECE {learnt.ece:.3f}, Brier {learnt.brier:.3f}")
    click.echo(f"Bands: {calibration.bands}")

"""`shelflens calibrate`: which ranking finds most, and how sure may an answer be?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from shelflens.assemble import open_catalogue
from shelflens.calibrate.bands import Bands
from shelflens.calibrate.fitting import FitOptions
from shelflens.cli.options import catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.remote import only_here, remote, server_options, work
from shelflens.feed.base import BadRow
from shelflens.records.address import Location
from shelflens.search.choosing import choice_json


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
@server_options
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
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Chooses the ranking and fits the probability of a match: on CATALOGUE's own photos, each searched among the
    others, or on `--queries`."""
    bad: list[BadRow] = []
    if server:
        only_here(queries=queries)
        with remote(server, key, str(catalogue)) as there:
            found = work(there, "calibrate", quiet=as_json, precision=precision, unknown=unknown)
    else:
        with open_catalogue(catalogue) as opened, ProgressBar("calibrating", "queries") as bar:
            choice = opened.calibrate(
                queries,
                columns=columns(mapping),
                options=FitOptions(precision=precision, unknown_share=unknown),
                on_progress=bar.show,
                on_bad=bad.append,
            )
            found = choice_json(choice)
    for row in bad:
        click.echo(f"{row.where}: {row.reason}", err=True)
    if as_json:
        print_json(found)
    else:
        _print_lines(found)
    if bad:
        ctx.exit(BAD_ROWS)


def _print_lines(found: Mapping[str, Any]) -> None:
    """`found` is as choice_json has it."""
    click.echo(f"Learnt from {found['queries']} queries of {found['products']} products (data {found['digest']}).")
    for trial in found["trials"]:
        click.echo(f"{'*' if trial['chosen'] else ' '} right first {trial['right']:.3f}  {trial['how']}")
    click.echo(f"On products held out: ECE {found['ece']:.3f}, Brier {found['brier']:.3f}")
    click.echo(f"Bands: {Bands(**found['bands'])}")

"""`shelflens evaluate`: how often does a search find the right product?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click

from shelflens.assemble import open_catalogue
from shelflens.cli.options import catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.sheets import photo_jpeg
from shelflens.evaluate import Evaluation, evaluation_json, write_report
from shelflens.records.address import Location

SHOWN = ("recall@1", "recall@5", "recall@10", "map", "map@r", "ndcg@10", "mrr")
BAD_SHOWN = 10  # bad rows printed


@click.command()
@catalogue_argument
@click.option("--queries", required=True, metavar="TABLE", help="Columns photo, product_id and, if known, category.")
@map_option
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Write a page with plots there.")
@click.option("--seed", default=0, show_default=True, help="Of the bootstrap intervals.")
@json_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    *,
    catalogue: Location,
    queries: str,
    mapping: tuple[tuple[str, str], ...],
    report: Path | None,
    seed: int,
    as_json: bool,
) -> None:
    """Searches CATALOGUE for every photo of a table and compares with the product that the table names."""
    with open_catalogue(catalogue) as opened, ProgressBar("evaluating", "queries") as bar:
        evaluation = opened.evaluate(
            queries, columns=columns(mapping), on_progress=lambda answered: bar.show(answered, None), seed=seed
        )
        if report:
            write_report(evaluation, report, read=opened.view, photo_jpeg=partial(photo_jpeg, opened))
    result = evaluation_json(evaluation)
    if as_json:
        print_json(result)
    else:
        _print_lines(evaluation, result)
        if report:
            click.echo(f"The report is {report / 'index.html'}")
    if evaluation.bad_rows:
        ctx.exit(BAD_ROWS)


def _print_lines(evaluation: Evaluation, result: Mapping[str, Any]) -> None:
    click.echo(f"{result['queries']} queries, {result['photos']} photos of {result['products']} products")
    for name in SHOWN:
        low, high = result["intervals"][name]
        click.echo(f"{name:>10}  {result[name]:.3f}  (95 %: {low:.3f} to {high:.3f})")
    if evaluation.sureness:
        click.echo(
            f"probabilities: ECE {result['ece']:.3f}, Brier {result['brier']:.3f}; "
            f"{result['coverage@99']:.0%} of the queries can be answered at 99 % precision"
        )
    embed, search = result["embed_ms_p50"], result["search_ms_p50"]
    click.echo(f"a query takes {embed:.1f} ms to embed, {search:.1f} ms to search")
    for row in evaluation.bad_rows[:BAD_SHOWN]:
        click.echo(f"{row.where}: {row.reason}", err=True)
    if len(evaluation.bad_rows) > BAD_SHOWN:
        click.echo(f"and {len(evaluation.bad_rows) - BAD_SHOWN} more bad rows; --json counts them", err=True)

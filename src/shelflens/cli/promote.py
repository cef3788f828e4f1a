"""`shelflens promote`: another model for a catalogue, if it is better; and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from shelflens.assemble import Catalogue, open_catalogue
from shelflens.cli.options import bad_rows_of, catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, NOT_PROMOTED, STOPPED, print_json
from shelflens.cli.progress import ProgressBar, StagedProgress
from shelflens.cli.sheets import photo_jpeg
from shelflens.cli.stopping import stop_as_ctrl_c
from shelflens.cli.switching import BadRows, drop_others, print_comparison, roll_back
from shelflens.promotion import Promotion, promotion_json, write_report
from shelflens.records.address import Location


@click.command()
@catalogue_argument
@click.argument("model", required=False)
@click.option("--queries", metavar="TABLE", help="Photos with product_id to compare by. Default: the catalogue's own.")
@map_option
@click.option("--force", is_flag=True, help="Switch whatever the comparison says.")
@click.option("--allow-missing", is_flag=True, help="Switch although some photos cannot be read again.")
@click.option("--rollback", is_flag=True, help="Back to the model before the last switch, at once.")
@click.option("--fill", is_flag=True, help="Embed the photos that have no vector of the model in use.")
@click.option("--drop-old", is_flag=True, help="Forget the vectors of all models but the one in use.")
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Write a page with pictures there.")
@click.option("--seed", default=0, show_default=True, help="Of the queries drawn and of the bootstrap.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
@click.pass_context
def promote(
    ctx: click.Context,
    *,
    catalogue: Location,
    model: str | None,
    queries: str | None,
    mapping: tuple[tuple[str, str], ...],
    force: bool,
    allow_missing: bool,
    rollback: bool,
    fill: bool,
    drop_old: bool,
    report: Path | None,
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Gives CATALOGUE another MODEL if searches get better by it, by more than chance.

    MODEL is a folder that `train` or `models import` wrote, or an embedder's name. The photos are embedded again beside
    the old vectors; both models answer the same queries; the old vectors stay for --rollback. Stop it with Ctrl-C and
    run it again to go on. Exit code 4: not switched, for the reasons given.
    """
    if sum((model is not None, rollback, fill, drop_old)) != 1:
        raise click.UsageError("give a MODEL, or one of --rollback, --fill and --drop-old")
    bad = BadRows(bad_rows_of(catalogue))
    with stop_as_ctrl_c(), open_catalogue(catalogue) as opened:
        if rollback:
            roll_back(opened, as_json=as_json)
        elif drop_old:
            drop_others(opened, as_json=as_json)
        elif fill:
            stopped = _fill(opened, bad, quiet=quiet, as_json=as_json)
            ctx.exit(STOPPED if stopped else BAD_ROWS if bad.rows else 0)
        else:
            assert model is not None
            with StagedProgress("photos", quiet=quiet) as bars:
                promotion = opened.promote(
                    model,
                    queries=queries,
                    columns=columns(mapping),
                    force=force,
                    allow_missing=allow_missing,
                    seed=seed,
                    on_progress=bars.show,
                    on_bad=bad.write,
                )
            if report and promotion.comparison:
                write_report(promotion, report, read=opened.view, photo_jpeg=partial(photo_jpeg, opened))
            if as_json:
                print_json(promotion_json(promotion))
            else:
                _print_lines(promotion, catalogue, report)
            if bad.rows:
                click.echo(f"{bad.rows} photos could not be embedded anew; reasons in {bad.path}", err=True)
            ctx.exit(STOPPED if promotion.interrupted else 0 if promotion.switched else NOT_PROMOTED)


def _fill(opened: Catalogue, bad: BadRows, *, quiet: bool, as_json: bool) -> bool:
    """Was it stopped?"""
    with ProgressBar("embedding", "photos", quiet=quiet) as bar:
        filled = opened.fill(on_progress=lambda at: bar.show(at.kept + at.bad, at.total), on_bad=bad.write)
    lacking = opened.records.count_unembedded(opened.space)
    if as_json:
        print_json({"embedded": filled.photos, "lacking": lacking, "interrupted": filled.interrupted})
    else:
        click.echo(f"{filled.photos} photos embedded; {lacking} still have no vector")
        if bad.rows:
            click.echo(f"Reasons are in {bad.path}", err=True)
    return filled.interrupted


def _print_lines(promotion: Promotion, catalogue: Location, report: Path | None) -> None:
    old, new = promotion.old, promotion.new
    print_comparison(promotion, report)
    for reason in promotion.reasons:
        click.echo(reason, err=True)
    if promotion.switched:
        click.echo(f"Searches use {new.name} from now on. Back to {old.name}: shelflens promote {catalogue} --rollback")
    elif promotion.interrupted:
        click.echo("Stopped. Run the same command again to go on.", err=True)
    else:
        click.echo(f"Not promoted: searches still use {old.name}.")

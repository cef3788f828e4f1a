"""`shelflens upgrade`: another model for a catalogue in use, without downtime; and back."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from shelflens.assemble import Catalogue, open_catalogue
from shelflens.cli.options import (
    bad_rows_of,
    catalogue_argument,
    columns,
    json_option,
    map_option,
    ray_option,
    workers_at,
)
from shelflens.cli.output import BAD_ROWS, STOPPED, plain, print_json
from shelflens.cli.progress import StagedProgress
from shelflens.cli.sheets import photo_jpeg
from shelflens.cli.stopping import stop_as_ctrl_c
from shelflens.cli.switching import BadRows, drop_others, print_comparison, roll_back
from shelflens.promotion import Promotion, promotion_json, write_report
from shelflens.records.address import Location

POLITE = 19  # the least of claims on the cores: searches go first


@click.command()
@catalogue_argument
@click.option("--model", help="A folder that `train` or `models import` wrote, or an embedder's name.")
@click.option("--queries", metavar="TABLE", help="Photos with product_id to compare by. Default: the catalogue's own.")
@click.option("--pictures", metavar="SOURCE", help="Pictures that customers sent, of whatever, to compare by.")
@map_option
@click.option("--report", type=click.Path(path_type=Path, file_okay=False), help="Write a page with pictures there.")
@click.option("--switch", is_flag=True, help="Let searches use the new model, when all photos are embedded.")
@click.option("--allow-missing", is_flag=True, help="Switch although some photos cannot be read again.")
@click.option("--rollback", is_flag=True, help="Back to the model before the last switch, at once.")
@click.option("--drop-old", is_flag=True, help="Forget the vectors of all models but the one in use.")
@ray_option
@click.option("--hurry", is_flag=True, help="Take cores from searches on this machine.")
@click.option("--seed", default=0, show_default=True, help="Of the queries drawn and of the bootstrap.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
@click.pass_context
def upgrade(
    ctx: click.Context,
    *,
    catalogue: Location,
    model: str | None,
    queries: str | None,
    pictures: str | None,
    mapping: tuple[tuple[str, str], ...],
    report: Path | None,
    switch: bool,
    allow_missing: bool,
    rollback: bool,
    drop_old: bool,
    ray: str | None,
    hurry: bool,
    seed: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Gives CATALOGUE another model while it is searched and written to.

    With --model the photos are embedded again beside the old vectors, both models are asked the same, and --report
    shows where they differ; new photos get both vectors meanwhile. Stop it with Ctrl-C and run it again to go on.
    Then --switch, in the same call or later; --rollback; and, when no way back is to be kept, --drop-old. Without any
    of these it says how far the upgrade is.
    """
    _check(model, switch=switch, rollback=rollback, drop_old=drop_old)
    if not hurry and model is not None and hasattr(os, "nice"):
        os.nice(POLITE)
    bad = BadRows(bad_rows_of(catalogue))
    with stop_as_ctrl_c(), open_catalogue(catalogue, workers=workers_at(ray)) as opened:
        if rollback:
            roll_back(opened, as_json=as_json)
        elif drop_old:
            drop_others(opened, as_json=as_json)
        elif model is None and not switch:
            _print_state(opened, as_json=as_json)
        else:
            found = None
            if model is not None:
                its = partial(_run, opened, model, bad, queries=queries, pictures=pictures, mapping=mapping)
                found = its(seed=seed, quiet=quiet)
            if switch and (found is None or not found.interrupted):
                found = _switched(opened, found, allow_missing=allow_missing, bad=bad)
            assert found is not None
            if report and (found.comparison or found.agreement):
                write_report(found, report, read=opened.view, photo_jpeg=partial(photo_jpeg, opened))
            if as_json:
                print_json(promotion_json(found))
            else:
                _print_lines(found, catalogue, report)
            if bad.rows:
                click.echo(f"{bad.rows} photos could not be embedded anew; reasons in {bad.path}", err=True)
            ctx.exit(STOPPED if found.interrupted else BAD_ROWS if bad.rows else 0)


def _check(model: str | None, *, switch: bool, rollback: bool, drop_old: bool) -> None:
    if model is not None and (rollback or drop_old):
        raise click.UsageError("give --model, or one of --rollback and --drop-old")
    if sum((switch, rollback, drop_old)) > 1:
        raise click.UsageError("give one of --switch, --rollback and --drop-old")


def _run(
    opened: Catalogue,
    model: str,
    bad: BadRows,
    *,
    queries: str | None,
    pictures: str | None,
    mapping: tuple[tuple[str, str], ...],
    seed: int,
    quiet: bool,
) -> Promotion:
    with StagedProgress("photos", quiet=quiet) as bars:
        return opened.upgrades.run(
            model,
            queries=queries,
            pictures=pictures,
            columns=columns(mapping),
            seed=seed,
            on_progress=bars.show,
            on_bad=bad.write,
        )


def _switched(opened: Catalogue, found: Promotion | None, *, allow_missing: bool, bad: BadRows) -> Promotion:
    done = opened.upgrades.switch(allow_missing=allow_missing, on_bad=bad.write)
    return replace(found, switched=True, lacking=done.lacking) if found else done


def _print_lines(found: Promotion, catalogue: Location, report: Path | None) -> None:
    print_comparison(found, report)
    for reason in found.reasons:
        click.echo(reason, err=True)
    if found.interrupted:
        click.echo("Stopped. Run the same command again to go on; new photos get both vectors meanwhile.", err=True)
    elif found.switched:
        click.echo(
            f"Searches use {found.new.name} from now on. Back to {found.old.name}: shelflens upgrade {catalogue} "
            f"--rollback. New photos get both vectors until: shelflens upgrade {catalogue} --drop-old"
        )
    else:
        click.echo(
            f"{found.embedded} photos embedded; {found.lacking} have no vector of {found.new.name}. Searches use "
            f"{found.old.name} until: shelflens upgrade {catalogue} --switch"
        )


def _print_state(opened: Catalogue, *, as_json: bool) -> None:
    state = opened.upgrades.state()
    if as_json:
        print_json(plain(state) if state else {})
    elif state is None:
        click.echo("No upgrade is under way, and there is no other model to go back to.")
    else:
        click.echo(f"{state.line}. New photos get both vectors.")

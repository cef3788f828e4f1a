"""`shelflens doctor`: what is wrong or weak in the catalogue?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shelflens.assemble import open_catalogue
from shelflens.audit import diagnosis_json, write_diagnosis
from shelflens.audit.pictures import OPENED
from shelflens.cli.options import catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import print_json
from shelflens.cli.progress import StagedProgress
from shelflens.cli.remote import only_here, remote, server_options, work
from shelflens.records.address import Location

SHOWN = 10  # findings of each kind that are printed


@click.command()
@catalogue_argument
@click.option("--queries", metavar="TABLE", help="Customers' photos with columns photo, product_id, asked too.")
@map_option
@click.option("--page", type=click.Path(path_type=Path), help="Write a page with pictures: a folder, or NAME.html.")
@click.option(
    "--open", "opened", default=OPENED, show_default=True, type=click.IntRange(0), help="Photos to open, at most."
)
@click.option("--seed", default=0, show_default=True, help="Of what is drawn at random.")
@server_options
@json_option
def doctor(
    *,
    catalogue: Location,
    queries: str | None,
    mapping: tuple[tuple[str, str], ...],
    page: Path | None,
    opened: int,
    seed: int,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Looks CATALOGUE over: mislabelled photos, products that cannot be told apart or have too few photos, pictures at
    fault, and how accuracy changes with the catalogue's size and with photos per product.

    Every photo is left out in turn and searched for among the others; nothing is embedded again. With --queries, the
    products that customers' photos miss are named, and how accuracy changes is measured on these photos.
    """
    written = None
    if server:
        only_here(queries=queries, page=page)
        with remote(server, key, str(catalogue)) as there:
            result = work(there, "doctor", quiet=as_json, opened=opened, seed=seed)
    else:
        with open_catalogue(catalogue) as lens, StagedProgress("photos", quiet=as_json) as progress:
            found = lens.doctor(queries, columns=columns(mapping), opened=opened, seed=seed, on_progress=progress.show)
            result = diagnosis_json(found, lens.records)
            for bad in found.customers.bad_rows[:SHOWN] if found.customers else ():
                click.echo(f"{bad.where}: {bad.reason}", err=True)
            if page:
                written = write_diagnosis(found, page, records=lens.records, title=f"Health of {catalogue.name}")
    if as_json:
        print_json(result)
        return
    _print_lines(result)
    if written:
        click.echo(f"The page is {written}")


def _print_lines(found: Mapping[str, Any]) -> None:
    """`found` is as docs/audit.md has it."""
    without = found["without_photos"]
    click.echo(f"{found['photos']} photos of {found['products'] - len(without)} products")
    click.echo(f"{100 * found['recall@1']:.1f} % of photos, left out, find their product first")
    if customers := found["customers"]:
        click.echo(f"{100 * customers['recall@1']:.1f} % of {customers['queries']} customers' photos find it first")
    if found["growth"]:
        for point in found["growth"]["expected"]:
            click.echo(
                f"  {100 * point['recall@1']:.1f} % expected with {point['products']} products "
                f"({100 * point['low']:.1f} to {100 * point['high']:.1f})"
            )
    for need in found["photos_needed"]["targets"] if found["photos_needed"] else ():
        photos = "more than the curve can tell" if need["photos"] is None else f"{need['photos']} photos per product"
        beyond = "" if need["measured"] else " (beyond what was measured)"
        click.echo(f"  {100 * need['recall@1']:.0f} % take {photos}{beyond}")
    for failing in customers["failing"][:SHOWN] if customers else ():
        instead = ", ".join(f"{other['product_id']} {other['times']} x" for other in failing["found_instead"][:3])
        click.echo(
            f"  {failing['product_id']}: {failing['missed']} of {failing['asked']} missed; "
            f"instead {instead or 'nothing'}"
        )
    suspects = found["mislabelled"]
    likely = sum(it["likely"] for it in suspects)
    click.echo(f"likely mislabelled photos: {likely}; {len(suspects) - likely} more worth a look")
    for it in suspects[: min(SHOWN, max(likely, 3))]:
        click.echo(
            f"  {it['product_id']}: photo {it['photo_id'][:12]} looks like {it['looks_like']} ({it['margin']:+.3f})"
        )
    click.echo(f"{sum(len(group['products']) for group in found['confused'])} products cannot be told apart")
    for group in found["confused"][:SHOWN]:
        click.echo(f"  {', '.join(group['products'])}")
    click.echo(
        f"{len(without)} products have no photo, {len(found['too_few_photos'])} fewer than {found['enough_photos']}"
    )
    pictures = found["pictures"]
    click.echo(f"{len(pictures['faults'])} pictures at fault, of {pictures['opened']} opened")
    for fault in pictures["faults"][:SHOWN]:
        click.echo(f"  {fault['product_id']}: {fault['fault']} ({fault['note']})")

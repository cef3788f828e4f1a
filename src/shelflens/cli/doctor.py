"""`shelflens doctor`: what is wrong or weak in the catalogue?"""

from __future__ import annotations

from pathlib import Path

import click

from shelflens.assemble import open_catalogue
from shelflens.audit import Diagnosis, diagnosis_json, write_diagnosis
from shelflens.audit.pictures import OPENED
from shelflens.cli.options import catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import print_json
from shelflens.cli.progress import StagedProgress
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
@json_option
def doctor(
    *,
    catalogue: Location,
    queries: str | None,
    mapping: tuple[tuple[str, str], ...],
    page: Path | None,
    opened: int,
    seed: int,
    as_json: bool,
) -> None:
    """Looks CATALOGUE over: mislabelled photos, products that cannot be told apart or have too few photos, pictures at
    fault, and how accuracy changes with the catalogue's size and with photos per product.

    Every photo is left out in turn and searched for among the others; nothing is embedded again. With --queries, the
    products that customers' photos miss are named, and how accuracy changes is measured on these photos.
    """
    with open_catalogue(catalogue) as lens, StagedProgress("photos", quiet=as_json) as progress:
        found = lens.doctor(queries, columns=columns(mapping), opened=opened, seed=seed, on_progress=progress.show)
        result = diagnosis_json(found, lens.records)
        written = (
            write_diagnosis(found, page, records=lens.records, title=f"Health of {catalogue.name}") if page else None
        )
    if as_json:
        print_json(result)
        return
    _print_lines(found)
    if written:
        click.echo(f"The page is {written}")


def _print_lines(found: Diagnosis) -> None:
    survey = found.survey
    names, sources = survey.product_ids, survey.names
    click.echo(f"{len(survey)} photos of {len(names)} products")
    click.echo(f"{100 * found.left_out.recall:.1f} % of photos, left out, find their product first")
    if found.customers:
        click.echo(f"{100 * found.customers.recall:.1f} % of {found.customers.asked} customers' photos find it first")
        for bad in found.customers.bad_rows[:SHOWN]:
            click.echo(f"  {bad.where}: {bad.reason}", err=True)
    if found.growth:
        for point in found.growth.expected:
            click.echo(
                f"  {100 * point.value:.1f} % expected with {point.size} products "
                f"({100 * point.low:.1f} to {100 * point.high:.1f})"
            )
    for need in found.photos_needed.needs if found.photos_needed else ():
        photos = "more than the curve can tell" if need.photos is None else f"{need.photos} photos per product"
        click.echo(f"  {100 * need.target:.0f} % take {photos}{'' if need.measured else ' (beyond what was measured)'}")
    for failing in found.customers.failing[:SHOWN] if found.customers else ():
        instead = ", ".join(f"{other} {count} x" for other, count in failing.found_instead[:3])
        click.echo(
            f"  {failing.product_id}: {failing.missed} of {failing.asked} missed; instead {instead or 'nothing'}"
        )
    likely = sum(it.likely for it in found.suspects)
    click.echo(f"likely mislabelled photos: {likely}; {len(found.suspects) - likely} more worth a look")
    for it in found.suspects[: min(SHOWN, max(likely, 3))]:
        photo = sources([it.place])[0][:12]
        click.echo(f"  {names[it.product]}: photo {photo} looks like {names[it.rival]} ({it.margin:+.3f})")
    click.echo(f"{sum(len(it.products) for it in found.confused)} products cannot be told apart")
    for group in found.confused[:SHOWN]:
        click.echo(f"  {', '.join(names[product] for product in group.products)}")
    click.echo(f"{len(found.without_photos)} products have no photo, {len(found.thin)} fewer than {found.enough}")
    click.echo(f"{len(found.pictures.faults)} pictures at fault, of {found.pictures.opened} opened")
    for fault in found.pictures.faults[:SHOWN]:
        click.echo(f"  {names[survey.products[fault.place]]}: {fault.fault} ({fault.note})")

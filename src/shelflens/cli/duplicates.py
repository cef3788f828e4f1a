"""`shelflens duplicates`: what is in the catalogue twice?"""

from __future__ import annotations

from pathlib import Path

import click

from shelflens.assemble import open_catalogue
from shelflens.audit import Duplicates, duplicates_json, write_duplicates
from shelflens.audit.copies import NEAR
from shelflens.cli.options import catalogue_argument, json_option
from shelflens.cli.output import print_json
from shelflens.cli.progress import StagedProgress
from shelflens.records.address import Location

SHOWN = 10  # groups of each kind that are printed


@click.command()
@catalogue_argument
@click.option(
    "--near", default=NEAR, show_default=True, type=click.FloatRange(0, 1), help="Least cosine to compare at."
)
@click.option("--page", type=click.Path(path_type=Path), help="Write a page with pictures: a folder, or NAME.html.")
@json_option
def duplicates(*, catalogue: Location, near: float, page: Path | None, as_json: bool) -> None:
    """Finds pictures and products that CATALOGUE holds twice, and says which to keep.

    Pictures whose cosine is at least --near are opened and laid over each other: equal files, re-encoded, resized and
    cropped ones are told from other shots of the same thing. Nothing is removed.
    """
    with open_catalogue(catalogue) as opened, StagedProgress("photos", quiet=as_json) as progress:
        found = opened.duplicates(near=near, on_progress=progress.show)
        result = duplicates_json(found, opened.records)
        written = (
            write_duplicates(found, page, records=opened.records, title=f"Twice in {catalogue.name}") if page else None
        )
    if as_json:
        print_json(result)
        return
    _print_lines(found)
    if written:
        click.echo(f"The page is {written}")


def _print_lines(found: Duplicates) -> None:
    click.echo(
        f"{len(found.survey)} photos of {len(found.survey.product_ids)} products, {found.compared} pairs compared"
    )
    click.echo(f"{len(found.products)} products under several ids")
    for group in found.products[:SHOWN]:
        click.echo(f"  {', '.join(product.product_id for product in group.products)}: {group.reasons[0].note}")
        click.echo(f"    keep {group.keep}")
    across = sum(len(group.products) > 1 for group in found.photos)
    click.echo(f"{across} pictures under several products, {len(found.photos) - across} twice in one")
    for it in found.photos[:SHOWN]:
        click.echo(f"  {len(it.places)} pictures ({it.kind}) in {', '.join(it.products[:SHOWN])}")
    if max(len(found.products), len(found.photos)) > SHOWN:
        click.echo("--json lists all of them, --page shows them")

"""`shelflens duplicates`: what is in the catalogue twice?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from shelflens.assemble import open_catalogue
from shelflens.audit import duplicates_json, write_duplicates
from shelflens.audit.copies import NEAR
from shelflens.cli.options import catalogue_argument, json_option, ray_option, workers_at
from shelflens.cli.output import print_json
from shelflens.cli.progress import StagedProgress
from shelflens.cli.remote import only_here, remote, server_options, work
from shelflens.records.address import Location

SHOWN = 10  # groups of each kind that are printed


@click.command()
@catalogue_argument
@click.option(
    "--near", default=NEAR, show_default=True, type=click.FloatRange(0, 1), help="Least cosine to compare at."
)
@click.option("--page", type=click.Path(path_type=Path), help="Write a page with pictures: a folder, or NAME.html.")
@ray_option
@server_options
@json_option
def duplicates(
    *,
    catalogue: Location,
    near: float,
    page: Path | None,
    ray: str | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Finds pictures and products that CATALOGUE holds twice, and says which to keep.

    Pictures whose cosine is at least --near are opened and laid over each other: equal files, re-encoded, resized and
    cropped ones are told from other shots of the same thing. Nothing is removed.
    """
    written = None
    if server:
        only_here(page=page, ray=ray)
        with remote(server, key, str(catalogue)) as there:
            result = work(there, "duplicates", quiet=as_json, near=near)
    else:
        with (
            open_catalogue(catalogue, workers=workers_at(ray)) as opened,
            StagedProgress("photos", quiet=as_json) as progress,
        ):
            found = opened.duplicates(near=near, on_progress=progress.show)
            result = duplicates_json(found, opened.records)
            if page:
                written = write_duplicates(found, page, records=opened.records, title=f"Twice in {catalogue.name}")
    if as_json:
        print_json(result)
        return
    _print_lines(result)
    if written:
        click.echo(f"The page is {written}")


def _print_lines(found: Mapping[str, Any]) -> None:
    """`found` is as docs/audit.md has it."""
    products, photos = found["product_groups"], found["photo_groups"]
    click.echo(f"{found['photos']} photos of {found['products']} products, {found['pairs_compared']} pairs compared")
    click.echo(f"{len(products)} products under several ids")
    for group in products[:SHOWN]:
        click.echo(f"  {', '.join(group['products'])}: {group['reasons'][0]['note']}")
        click.echo(f"    keep {group['keep']}")
    across = sum(len(group["products"]) > 1 for group in photos)
    click.echo(f"{across} pictures under several products, {len(photos) - across} twice in one")
    for group in photos[:SHOWN]:
        click.echo(f"  {len(group['photos'])} pictures ({group['kind']}) in {', '.join(group['products'][:SHOWN])}")
    if max(len(products), len(photos)) > SHOWN:
        click.echo("--json lists all of them, --page shows them")

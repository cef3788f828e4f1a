"""`shelflens move`: a catalogue into another store."""

from __future__ import annotations

import click

from shelflens.assemble import move as move_catalogue
from shelflens.cli.options import CatalogueType, json_option
from shelflens.cli.output import print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.stopping import stop_as_ctrl_c
from shelflens.records.address import Location


@click.command()
@click.argument("source", metavar="CATALOGUE", type=CatalogueType())
@click.argument("target", metavar="NEW", type=CatalogueType())
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def move(*, source: Location, target: Location, quiet: bool, as_json: bool) -> None:
    """Carries CATALOGUE into NEW, without embedding again; CATALOGUE stays as it is.

    Each is a directory or postgres://USER@HOST/DATABASE?catalogue=NAME. Stop it with Ctrl-C and run it again to go on.
    """
    with stop_as_ctrl_c(), ProgressBar("moving", "rows", quiet=quiet or as_json) as bar:
        moved = move_catalogue(source, target, on_progress=bar.show)
    counts = moved.counts
    if as_json:
        print_json({"catalogue": str(target), "products": counts.products, "photos": counts.photos,
                    "vectors": counts.vectors, "uploads": moved.uploads, "events": moved.events})  # fmt: skip
        return
    vectors = sum(counts.vectors.values())
    events = f", {moved.events} events of shoppers" if moved.events else ""
    click.echo(f"{target}: {counts.products} products, {counts.photos} photos, {vectors} vectors{events}.")
    click.echo(f"Searches give the same answers there. {source} is still there; nothing writes to both.")

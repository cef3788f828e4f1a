"""`shelflens info`, `remove`, `export`: what a catalogue holds, less of it, and all of it in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TextIO

import click

from shelflens.assemble import open_catalogue
from shelflens.cli.options import catalogue_argument, json_option
from shelflens.cli.output import plain, print_json, size
from shelflens.cli.remote import remote, server_options
from shelflens.records.address import Location


@click.command()
@catalogue_argument
@server_options
@json_option
def info(*, catalogue: Location, server: str | None, key: str | None, as_json: bool) -> None:
    """Shows what CATALOGUE holds."""
    if server:
        _print_remote(server, key, str(catalogue), as_json=as_json)
        return
    with open_catalogue(catalogue) as opened:
        found = opened.info()
        manifest = opened.records.spaces()[found.space] if found.space else None
        lacking = opened.records.count_unembedded(found.space) if found.space else 0
        calibration = opened.calibration if found.space else None
        evidence, ranking, measured = opened.evidence, opened.ranking, opened.calibrated
        upgrading = opened.upgrades.state()
    if as_json:
        print_json(
            {
                "catalogue": found.path,
                "products": found.counts.products,
                "photos": found.counts.photos,
                "vectors": found.counts.vectors,
                "lacking": lacking,
                "space": found.space,
                "model": found.model,
                "framing": found.framing and plain(found.framing),
                "dimension": manifest.dimension if manifest else None,
                "licence": manifest.licence if manifest else None,
                "evidence": list(evidence),
                "ranking": {
                    "views": ranking.views,
                    "mirrored": ranking.mirrored,
                    "whitened": ranking.whitening is not None,
                    "why": ranking.why,
                },
                "calibration": calibration and plain(calibration.provenance),
                "calibrated": measured,
                "upgrade": upgrading and plain(upgrading),
                "bytes_on_disk": found.bytes_on_disk,
            }
        )
        return
    click.echo(f"{found.path}: {found.counts.photos} photos of {found.counts.products} products")
    if manifest:
        click.echo(f"model {manifest.name} ({manifest.dimension} dimensions, {manifest.licence}), space {found.space}")
        if found.framing:
            click.echo(f"locator {found.framing.locator}, chosen when it was made: {found.framing.why}")
        click.echo(f"evidence: {', '.join(evidence) or 'none'}")
        click.echo(f"ranking: {ranking.how} ({ranking.why})")
    if calibration:
        whose = "the catalogue's own" if measured else "as shipped"
        click.echo(f"calibration: {whose}, from {calibration.provenance.data} ({calibration.provenance.digest})")
    if lacking:
        click.echo(
            f"{lacking} photos have no vector of the model, so searches do not find them; embed them: "
            f"shelflens promote {found.path} --fill"
        )
    if upgrading:
        click.echo(f"{upgrading.line}. Until this is over, new photos are embedded by both: upgrade --drop-old")
    click.echo(f"{size(found.bytes_on_disk)} on disk")


def _print_remote(server: str, key: str | None, name: str, *, as_json: bool) -> None:
    """What a server tells of a catalogue."""
    with remote(server, key, name) as there:
        found = there.info()
    if as_json:
        print_json({**plain(found), "catalogue": name, "server": server})
        return
    click.echo(f"{name} at {server}: {found.photos} photos of {found.products} products")
    if found.model:
        click.echo(f"model {found.model} ({found.dimension} dimensions, {found.licence}), space {found.space}")
    click.echo(f"evidence: {', '.join(found.evidence) or 'none'}")
    click.echo(f"{size(found.bytes_on_disk)} on disk")


@click.command()
@catalogue_argument
@click.argument("product_ids", metavar="ID...", nargs=-1)
@click.option("--from", "listed", type=click.File(), help="A file with one product id a line; - for standard input.")
@server_options
@json_option
def remove(
    *,
    catalogue: Location,
    product_ids: tuple[str, ...],
    listed: TextIO | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Removes products from CATALOGUE, with their photos and vectors."""
    ids = [*product_ids, *(line.strip() for line in listed or () if line.strip())]
    if not ids:
        raise click.UsageError("give one or more product IDs, or --from FILE")
    with remote(server, key, str(catalogue)) if server else open_catalogue(catalogue) as opened:
        unknown = [product_id for product_id in ids if opened.product(product_id) is None]
        removed = opened.remove(ids)
    if as_json:
        print_json({"removed": removed, "unknown": unknown})
    else:
        click.echo(f"{removed} products removed")
        for product_id in unknown:
            click.echo(f"no product {product_id!r}", err=True)
    if unknown:
        sys.exit(1)


@click.command()
@catalogue_argument
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@json_option
def export(catalogue: Location, path: Path, as_json: bool) -> None:
    """Writes CATALOGUE to a Parquet file: a row a photo, with its product and its vector."""
    with open_catalogue(catalogue) as opened:
        rows = opened.export(path)
    if as_json:
        print_json({"rows": rows, "file": str(path)})
    else:
        click.echo(f"{rows} rows in {path}")

"""`shelflens demo`: a drawn shop, indexed and searched, on one page."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from shelflens.assemble import can_look_closer, open_catalogue
from shelflens.cli.progress import ProgressBar
from shelflens.cli.sheets import photo_jpeg, photo_query, write_sheet
from shelflens.demo import draw
from shelflens.feed.base import FeedRow, FilePhoto
from shelflens.feed.opening import open_feed

SEARCHED = 12  # shop photos on the sheet
EVIDENCE = ("barcode", "local")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("demo"))
@click.option("--products", default=120, show_default=True, type=click.IntRange(8, 120))
@click.option("--seed", default=7, show_default=True)
@click.option("--draw-only", is_flag=True, help="Only draw the pictures and tables.")
def demo(folder: Path, products: int, seed: int, draw_only: bool) -> None:
    """Draws a shop of packaged products in FOLDER, indexes it, searches it by photos, and writes FOLDER/sheet.html."""
    with ProgressBar("drawing", "pictures") as bar:
        drawn = draw(folder, seed=seed, products=products, progress=bar.show)
    click.echo(f"Drew {products} products: {drawn.catalogue} and, to search with, {drawn.queries}")
    if draw_only:
        return
    with open_catalogue(folder / "shop.lens", create=True) as catalogue:
        with ProgressBar("indexing", "photos") as bar:
            report = catalogue.index(drawn.catalogue, on_progress=lambda at: bar.show(at.kept + at.bad, at.total))
        click.echo(f"Indexed {report.photos} photos in {report.seconds:.1f} s into {catalogue.path}")
        if evidence := [name for name in EVIDENCE if can_look_closer(name)]:
            with ProgressBar("looking closer", "photos") as bar:
                described = catalogue.look_closer(evidence, on_progress=lambda at: bar.show(at.kept, at.total))
            click.echo(f"Looked closer ({', '.join(evidence)}) in {described.seconds:.1f} s")
        else:
            click.echo("For probabilities from barcodes and local features: pip install 'shelflens[evidence]'")
        rows = [row for row in open_feed(str(drawn.queries)) if isinstance(row, FeedRow)]
        right, queries = 0, []
        for row in rows[:: max(1, len(rows) // SEARCHED)][:SEARCHED]:
            paths = [place.path for place in row.photos if isinstance(place, FilePhoto)]
            matches = catalogue.search(*paths, k=5)
            right += matches[0].product.product_id == row.product.product_id
            queries.append(photo_query(partial(photo_jpeg, catalogue), paths, matches, None))
        write_sheet(folder / "sheet.html", "Which of my products is in this photo?", queries)
    click.echo(f"Searched with {len(queries)} shop photos: {right} found their product first")
    click.echo(f"Open {folder / 'sheet.html'} to see them")
    click.echo(f"How good is it on all {len(rows)}? shelflens evaluate {folder}/shop.lens --queries {drawn.queries}")

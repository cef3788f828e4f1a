"""What is looked for: a catalogue, or photos that become one for the time being."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from shelflens.assemble import Catalogue, open_catalogue
from shelflens.errors import CatalogueError, ShelflensError
from shelflens.locate.base import Locator
from shelflens.locate.loading import load_locator
from shelflens.records.address import location
from shelflens.watch.watchlist import Watchlist


@contextmanager
def opened_items(items: Sequence[str]) -> Iterator[Catalogue]:
    """One catalogue; or pictures and folders of pictures (a folder for each product, or a picture each)."""
    if len(items) == 1 and _is_catalogue(items[0]):
        with open_catalogue(location(items[0])) as catalogue:
            yield catalogue
        return
    with (
        TemporaryDirectory(prefix="shelflens-items-") as folder,
        open_catalogue(str(Path(folder) / "items"), create=True, locate="whole") as catalogue,
    ):
        report = catalogue.index(*items, on_bad=lambda row: click.echo(f"{row.where}: {row.reason}", err=True))
        if not report.photos:
            raise CatalogueError(f"{', '.join(items)}: no picture to look for")
        yield catalogue


def watchlist(catalogue: Catalogue) -> Watchlist:
    return Watchlist.usual(catalogue.searcher, catalogue.reader)


def detector(name: str | None) -> Locator | None:
    """`detector:PATH`, an ONNX network. Raises ShelflensError."""
    if name is None:
        return None
    if not name.startswith("detector:"):
        raise ShelflensError(f"--detector {name}: give detector:PATH of an ONNX network with its JSON beside it")
    return load_locator(name)


def _is_catalogue(item: str) -> bool:
    path = Path(item)
    return "://" in item or (path.is_dir() and (path / "records.db").exists())

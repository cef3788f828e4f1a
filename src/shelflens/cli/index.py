"""`shelflens index`: a shop's photos into a catalogue."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

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
from shelflens.cli.output import BAD_ROWS, STOPPED, duration, plain, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.remote import remote, server_options, work
from shelflens.cli.uploading import Uploading
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.feed.opening import open_feed
from shelflens.indexing import Described, Framing, Progress, Report
from shelflens.records.address import Location

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue


@click.command()
@catalogue_argument
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--model", help="The embedder of a new catalogue: lite0, lite2, onnx:PATH, hub:NAME. Default lite0.")
@click.option(
    "--locate",
    metavar="LOCATOR",
    help="What a new catalogue sees of a picture: whole, auto, plain, activations, "
    "detector:PATH. Without it, what suits the first pictures: whole or auto.",
)
@click.option(
    "--vectors", metavar="SERVER", help="What searches ask from now on: milvus://HOST:PORT, pgvector, or own (default)."
)
@map_option
@ray_option
@click.option("--evidence", metavar="NAMES", help="What searches look closer at: local,words,barcode,... Kept.")
@click.option(
    "--attributes",
    is_flag=True,
    help="Look at every photo for its product's colours and what else the columns teach, to filter by: seen.colour. "
    "Kept: later runs do the same.",
)
@click.option("--bad-rows", type=click.Path(path_type=Path), help="Where to list what could not be used.")
@click.option("--quiet", is_flag=True, help="No progress.")
@server_options
@json_option
@click.pass_context
def index(
    ctx: click.Context,
    *,
    catalogue: Location,
    sources: tuple[str, ...],
    model: str | None,
    locate: str | None,
    vectors: str | None,
    mapping: tuple[tuple[str, str], ...],
    ray: str | None,
    evidence: str | None,
    attributes: bool,
    bad_rows: Path | None,
    quiet: bool,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Takes photos into CATALOGUE, made if it is not there.

    A SOURCE is a folder (one folder per product, or flat), a CSV, TSV, JSONL or Parquet table, or a .txt list of
    URLs. Run it again after changes: only new and changed photos are embedded. Stop it with Ctrl-C and run it again
    to go on.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    bad = BadRowFile(bad_rows or bad_rows_of(catalogue, here=server is not None))
    feeds = [open_feed(source, columns=columns(mapping)) for source in sources] if server else []
    names = [name.strip() for name in (evidence or "").split(",") if name.strip()]
    if server:
        if model or locate or vectors or ray:
            raise click.UsageError("--model, --locate, --vectors and --ray are the server's; none goes with --server")
        with remote(server, key, str(catalogue)) as there:
            run = _index_there(there, feeds, names, bad, attributes=attributes, quiet=quiet)
    else:
        workers = workers_at(ray)
        with open_catalogue(
            catalogue, create=True, model=model, locate=locate, vectors=vectors, workers=workers
        ) as opened:
            run = _index_here(opened, sources, columns(mapping), names, bad, attributes=attributes, quiet=quiet)
    report, described, seen = run.report, run.described, run.seen
    if as_json:
        print_json(
            {
                **plain(report),
                "described": described.photos if described else 0,
                "seen": seen.photos if seen else 0,
                "bad": run.bad,
                "interrupted": run.interrupted,
                "products_in_catalogue": run.products,
                "photos_in_catalogue": run.photos,
                "bad_rows_file": str(bad.path) if run.bad else None,
                "framing": plain(run.framing) if run.framing else None,
            }
        )
    else:
        _print_lines(catalogue, run, bad)
    if run.interrupted:
        ctx.exit(STOPPED)
    if run.bad:
        ctx.exit(BAD_ROWS)


@dataclass(frozen=True, slots=True)
class _Run:
    """What a run did, and what the catalogue holds now."""

    report: Report
    described: Described | None
    seen: Described | None
    products: int
    photos: int
    is_new: bool = False
    uncalibrated: bool = False  # it has photos to be calibrated on, and is not
    framing: Framing | None = None

    @property
    def bad(self) -> int:
        return self.report.bad + sum(part.bad for part in (self.described, self.seen) if part)

    @property
    def interrupted(self) -> bool:
        return any(part.interrupted for part in (self.report, self.described, self.seen) if part)


def _print_lines(catalogue: Location, run: _Run, bad: BadRowFile) -> None:
    report, described, seen = run.report, run.described, run.seen
    rate = report.photos / report.seconds if report.seconds else 0.0
    click.echo(
        f"{catalogue}: {run.photos} photos of {run.products} products. This run: "
        f"{report.embedded} embedded, {report.reused} reused, {report.unchanged} unchanged "
        f"in {duration(report.seconds)} ({rate:.0f} photos/s)."
    )
    if run.is_new and run.framing:
        click.echo(f"Small products are cut out of their pictures: {run.framing.why} (--locate whole: never).")
    if described:
        click.echo(f"{described.photos} photos looked at closer in {duration(described.seconds)}.")
    if seen:
        click.echo(f"{seen.photos} photos described in {duration(seen.seconds)}: filter by seen.colour.")
    if run.uncalibrated and run.photos >= 2 * run.products:
        click.echo(
            "Probabilities are as shipped, for one photo a product: too low for several. "
            f"To measure them, and the best ranking, on these photos: shelflens calibrate {catalogue}"
        )
    if run.bad:
        click.echo(f"{run.bad} rows or photos could not be used; each with its reason in {bad.path}", err=True)
    if run.interrupted:
        click.echo("Stopped. Run the same command again to go on.", err=True)


def _index_here(
    opened: Catalogue,
    sources: Sequence[str],
    names: Columns,
    evidence: Sequence[str],
    bad: BadRowFile,
    *,
    attributes: bool,
    quiet: bool,
) -> _Run:
    is_new = opened.info().space is None
    with ProgressBar("indexing", "photos", quiet=quiet) as bar:
        report = opened.index(*sources, columns=names, on_progress=_shown(bar), on_bad=bad.write)
    described = seen = None
    if not report.interrupted and (evidence or opened.evidence):
        described = _look_closer(opened, evidence, bad, quiet=quiet)
    stopped = report.interrupted or bool(described and described.interrupted)
    if not stopped and (attributes or opened.attributes.kept):
        seen = _describe(opened, bad, quiet=quiet)
    info = opened.info()
    return _Run(
        report,
        described,
        seen,
        products=info.counts.products,
        photos=info.counts.photos,
        is_new=is_new,
        uncalibrated=info.space is not None and opened.calibration is not None and not opened.calibrated,
        framing=info.framing,
    )


def _index_there(
    there: RemoteCatalogue,
    feeds: Sequence[Feed],
    evidence: Sequence[str],
    bad: BadRowFile,
    *,
    attributes: bool,
    quiet: bool,
) -> _Run:
    """The server looks closer at each photo, and describes it, where its catalogue does; only a first time is asked
    for."""
    with ProgressBar("uploading", "photos", quiet=quiet) as bar:
        report = Uploading(there, on_progress=_shown(bar), on_bad=bad.write).run(feeds)
    described = seen = None
    if evidence and not report.interrupted:
        described = _done_there(there, "look-closer", bad, quiet=quiet, evidence=list(evidence))
    if attributes and not report.interrupted:
        seen = _done_there(there, "describe", bad, quiet=quiet)
    info = there.info()
    return _Run(report, described, seen, products=info.products, photos=info.photos)


def _done_there(there: RemoteCatalogue, kind: str, bad: BadRowFile, *, quiet: bool, **request: object) -> Described:
    try:
        found = work(there, kind, quiet=quiet, **request)
    except KeyboardInterrupt:
        return Described(0, 0, 0.0, interrupted=True)
    for row in found["bad_rows"]:
        bad.write(BadRow(**row))
    return Described(found["photos"], found["bad"], found["seconds"], found["interrupted"])


def _shown(bar: ProgressBar) -> Callable[[Progress], None]:
    return lambda at: bar.show(at.kept + at.bad, at.total, note=f"{at.bad} bad" if at.bad else "")


def _look_closer(opened: Catalogue, names: Sequence[str], bad: BadRowFile, *, quiet: bool) -> Described:
    with ProgressBar("looking closer", "photos", quiet=quiet) as bar:
        return opened.look_closer(names, on_progress=lambda at: bar.show(at.kept + at.bad, at.total), on_bad=bad.write)


def _describe(opened: Catalogue, bad: BadRowFile, *, quiet: bool) -> Described:
    with ProgressBar("describing", "photos", quiet=quiet) as bar:
        return opened.attributes.describe_all(
            on_progress=lambda at: bar.show(at.kept + at.bad, at.total), on_bad=bad.write
        )


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite kill stops the run as Ctrl-C does."""
    raise KeyboardInterrupt


class BadRowFile:
    """A JSON object a line: where, reason, product_id. Made anew by each run, with the first bad row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.unlink(missing_ok=True)

    def write(self, row: BadRow) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain(row), ensure_ascii=False) + "\n")

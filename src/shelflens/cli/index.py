"""`shelflens index`: a shop's photos into a catalogue."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import FrameType

import click

from shelflens.assemble import Catalogue, open_catalogue
from shelflens.cli.options import bad_rows_of, catalogue_argument, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, STOPPED, duration, plain, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.feed.base import BadRow
from shelflens.indexing import Described
from shelflens.records.address import Location


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
@click.option("--evidence", metavar="NAMES", help="What searches look closer at: local,words,barcode,... Kept.")
@click.option(
    "--attributes",
    is_flag=True,
    help="Look at every photo for its product's colours and what else the columns teach, to filter by: seen.colour. "
    "Kept: later runs do the same.",
)
@click.option("--bad-rows", type=click.Path(path_type=Path), help="Where to list what could not be used.")
@click.option("--quiet", is_flag=True, help="No progress.")
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
    evidence: str | None,
    attributes: bool,
    bad_rows: Path | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Takes photos into CATALOGUE, made if it is not there.

    A SOURCE is a folder (one folder per product, or flat), a CSV, TSV, JSONL or Parquet table, or a .txt list of
    URLs. Run it again after changes: only new and changed photos are embedded. Stop it with Ctrl-C and run it again
    to go on.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with open_catalogue(catalogue, create=True, model=model, locate=locate, vectors=vectors) as opened:
        is_new = opened.info().space is None
        bad = BadRowFile(bad_rows or bad_rows_of(catalogue))
        with ProgressBar("indexing", "photos", quiet=quiet) as bar:
            report = opened.index(
                *sources,
                columns=columns(mapping),
                on_progress=lambda at: bar.show(at.kept + at.bad, at.total, note=f"{at.bad} bad" if at.bad else ""),
                on_bad=bad.write,
            )
        described = _look_closer(opened, evidence, bad, quiet=quiet) if not report.interrupted else None
        stopped = report.interrupted or bool(described and described.interrupted)
        seen = None
        if not stopped and (attributes or opened.attributes.kept):
            seen = _describe(opened, bad, quiet=quiet)
        info = opened.info()
        uncalibrated = info.space is not None and opened.calibration is not None and not opened.calibrated
    bad_count = report.bad + (described.bad if described else 0) + (seen.bad if seen else 0)
    interrupted = stopped or bool(seen and seen.interrupted)
    if as_json:
        print_json(
            {
                **plain(report),
                "described": described.photos if described else 0,
                "seen": seen.photos if seen else 0,
                "bad": bad_count,
                "interrupted": interrupted,
                "products_in_catalogue": info.counts.products,
                "photos_in_catalogue": info.counts.photos,
                "bad_rows_file": str(bad.path) if bad_count else None,
                "framing": plain(info.framing) if info.framing else None,
            }
        )
    else:
        rate = report.photos / report.seconds if report.seconds else 0.0
        click.echo(
            f"{catalogue}: {info.counts.photos} photos of {info.counts.products} products. This run: "
            f"{report.embedded} embedded, {report.reused} reused, {report.unchanged} unchanged "
            f"in {duration(report.seconds)} ({rate:.0f} photos/s)."
        )
        if is_new and info.framing:
            click.echo(f"Small products are cut out of their pictures: {info.framing.why} (--locate whole: never).")
        if described:
            click.echo(f"{described.photos} photos looked at closer in {duration(described.seconds)}.")
        if seen:
            click.echo(f"{seen.photos} photos described in {duration(seen.seconds)}: filter by seen.colour.")
        if uncalibrated and info.counts.photos >= 2 * info.counts.products:
            click.echo(
                "Probabilities are as shipped, for one photo a product: too low for several. "
                f"To measure them, and the best ranking, on these photos: shelflens calibrate {catalogue}"
            )
        if bad_count:
            click.echo(f"{bad_count} rows or photos could not be used; each with its reason in {bad.path}", err=True)
        if interrupted:
            click.echo("Stopped. Run the same command again to go on.", err=True)
    if interrupted:
        ctx.exit(STOPPED)
    if bad_count:
        ctx.exit(BAD_ROWS)


def _look_closer(opened: Catalogue, evidence: str | None, bad: BadRowFile, *, quiet: bool) -> Described | None:
    names = [name.strip() for name in (evidence or "").split(",") if name.strip()]
    if not names and not opened.evidence:
        return None
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

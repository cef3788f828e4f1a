"""`shelflens train`: a model of the shop's own, from the shop's own photos."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from shelflens.cli.index import BadRowFile
from shelflens.cli.options import columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, STOPPED, duration, print_json
from shelflens.cli.progress import StagedProgress
from shelflens.errors import ShelflensError
from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.picture import FetchPolicy
from shelflens.settings import from_environment

if TYPE_CHECKING:
    from shelflens.train.fitting import Epoch
    from shelflens.train.record import Record

NEEDED = ("torch", "kornia", "onnx", "onnxscript", "optuna", "pytorch_metric_learning", "safetensors", "sklearn")


@click.command()
@click.argument("source", metavar="SOURCE")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model folder to be written.")
@click.option("--recipe", default="partial", show_default=True, help="head (seconds), partial, full (hours), scratch.")
@click.option("--target", default="product", show_default=True, help="What is learnt: product, category, any column.")
@click.option("--model", "models", multiple=True, help="Backbone: lite0, lite2, joined, ... Several: an ensemble.")
@click.option("--members", default=1, show_default=True, type=click.IntRange(1, 32), help="Networks of each backbone.")
@click.option("--also", multiple=True, metavar="RECIPE[=MODEL]", help="A member of another recipe, with its settings.")
@click.option("--fuse", default="scores", show_default=True, help="How several become one: scores or soup.")
@click.option("--validation", metavar="SOURCE", help="Photos to judge by. Default: SOURCE/validation, or a tenth.")
@click.option("--catalogue", metavar="SOURCE", help="Catalogue pictures, which shop photos shall find.")
@map_option
@click.option("--limit-per-class", type=click.IntRange(min=2), help="Use so many photos of each class, drawn by seed.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help="Any other setting of the recipe.")
@click.option("--tune", default=0, metavar="N", type=click.IntRange(min=0), help="Try N settings by cross-validation.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same model.")
@click.option("--device", default="auto", show_default=True, type=click.Choice(["auto", "cpu", "cuda"]))
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    *,
    source: str,
    out: Path,
    recipe: str,
    target: str,
    models: tuple[str, ...],
    members: int,
    also: tuple[str, ...],
    fuse: str,
    validation: str | None,
    catalogue: str | None,
    mapping: tuple[tuple[str, str], ...],
    limit_per_class: int | None,
    epochs: int | None,
    changes: tuple[str, ...],
    tune: int,
    seed: int,
    device: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Learns from the photos of SOURCE and writes a model folder, which is an embedder and a classifier.

    SOURCE is a folder with one folder per class (or with `train/` and `validation/` of such), or a table. Use the
    model as `--model onnx:OUT/model.onnx`, or with `shelflens classify OUT PHOTO`. Stop it with Ctrl-C and run it again
    to go on.
    """
    if absent := [name for name in NEEDED if find_spec(name) is None]:
        raise ShelflensError(f"training needs {', '.join(absent)}; run: pip install 'shelflens[train]'")
    from shelflens.train.dataset import Sources
    from shelflens.train.session import Request
    from shelflens.train.session import train as run

    signal.signal(signal.SIGTERM, _interrupt)
    settings = from_environment(os.environ)
    request = Request(
        sources=Sources(
            train=source,
            target=target,
            validation=validation,
            catalogue=catalogue,
            columns=columns(mapping),
            limit_per_class=limit_per_class,
        ),
        out=out,
        recipe=recipe,
        models=models,
        members=members,
        also=also,
        fuse=fuse,
        seed=seed,
        changes=(*changes, *([f"epochs={epochs}"] if epochs else [])),
        tune=tune,
        device=device,
        threads=settings.cores,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    bad = BadRowFile(out.with_name(f"{out.name}.bad-rows.jsonl"))
    reader = PhotoReader(policy=FetchPolicy(allowed_hosts=settings.allowed_hosts))
    with StagedProgress("photos", quiet=quiet) as bars:
        listener = _Listener(bars, bad, quiet=quiet)
        try:
            record = run(request, reader, listener)
        except KeyboardInterrupt:
            click.echo("Stopped. Run the same command again to go on.", err=True)
            ctx.exit(STOPPED)
        finally:
            reader.close()
    if as_json:
        print_json({**_json(record), "model": str(out), "bad": listener.bad_rows, "bad_rows_file": _file(listener)})
    else:
        _print_lines(record, out)
    if listener.bad_rows:
        click.echo(f"{listener.bad_rows} rows or photos could not be used; reasons in {bad.path}", err=True)
        ctx.exit(BAD_ROWS)


class _Listener:
    """Shows stages as bars, epochs as lines; lists bad rows in a file."""

    def __init__(self, bars: StagedProgress, bad: BadRowFile, *, quiet: bool) -> None:
        self._bars, self._quiet = bars, quiet
        self.file, self.bad_rows = bad, 0

    def progress(self, stage: str, done: int, total: int | None) -> None:
        self._bars.show(stage, done, total)

    def epoch(self, member: str, epoch: Epoch) -> None:
        if self._quiet:
            return
        held = "" if epoch.held_loss is None else f", held out {epoch.held_loss:.3f}"
        right = "" if epoch.held_accuracy is None else f", accuracy {epoch.held_accuracy:.1%}"
        took = duration(epoch.seconds)
        click.echo(f"{member}, epoch {epoch.number}: loss {epoch.train_loss:.3f}{held}{right} ({took})", err=True)

    def bad(self, row: BadRow) -> None:
        self.bad_rows += 1
        self.file.write(row)


def _file(listener: _Listener) -> str | None:
    return str(listener.file.path) if listener.bad_rows else None


def _json(record: Record) -> dict[str, Any]:
    import json

    values: dict[str, Any] = json.loads(record.to_json())
    return values


def _print_lines(record: Record, out: Path) -> None:
    exact, quick = record.held_out, record.held_out_int8
    click.echo(f"{out}: {record.classes} classes, learnt in {duration(record.durations['learning'])}")
    click.echo(f"On {exact.photos} photos held out (int8 in brackets):")
    rows = [
        ("accuracy", exact.accuracy, quick.accuracy),
        ("macro recall", exact.macro_recall, quick.macro_recall),
        ("macro F1", exact.macro_f1, quick.macro_f1),
        *((f"accuracy, {name}", share, quick.groups[name]) for name, share in exact.groups.items()),
        (f"recall@1, {exact.gallery} photos", exact.recall_at_1, quick.recall_at_1),
    ]
    if exact.catalogue_recall_at_1 is not None and quick.catalogue_recall_at_1 is not None:
        rows.append(("recall@1, catalogue pictures", exact.catalogue_recall_at_1, quick.catalogue_recall_at_1))
    for name, share, of in rows:
        click.echo(f"  {name:<28} {share:.3f}  ({of:.3f})")
    click.echo(f"How it went: {out / 'report.html'}")
    click.echo(f"Use it: shelflens index CATALOGUE SOURCE --model onnx:{out / 'model.onnx'}")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A polite kill stops the run as Ctrl-C does."""
    raise KeyboardInterrupt

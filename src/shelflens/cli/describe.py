"""`shelflens describe` and `shelflens tag`: what pictures show, in words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich import box
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from shelflens.assemble import open_catalogue
from shelflens.assemble.describing import describe_alone
from shelflens.assemble.tagging import PostPicture, Tagged
from shelflens.attributes.description import Description
from shelflens.classify.answers import Answer
from shelflens.classify.loading import load_classifier
from shelflens.cli.index import BadRowFile
from shelflens.cli.options import CatalogueType, columns, json_option, map_option
from shelflens.cli.output import BAD_ROWS, STOPPED, print_json
from shelflens.cli.progress import ProgressBar
from shelflens.cli.remote import described, remote, server_options
from shelflens.cli.stopping import stop_as_ctrl_c
from shelflens.cli.tagging import tag_there
from shelflens.errors import PictureError, SourceError
from shelflens.feed.base import BadRow, FilePhoto
from shelflens.feed.opening import open_feed
from shelflens.records.address import Location
from shelflens.search import open_view

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue

SIDE = 256  # pixels of the short side at which a picture is decoded where no catalogue says
FLUSH = 16  # pictures after which a tagged file is synced


@click.command()
@click.argument("photos", metavar="PHOTO...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--catalogue", type=CatalogueType(), help="Whose products teach category, pattern and style.")
@click.option("--classifier", metavar="MODEL", help="A folder that `train` wrote: says the category.")
@server_options
@json_option
@click.pass_context
def describe(
    ctx: click.Context,
    *,
    photos: tuple[Path, ...],
    catalogue: Location | None,
    classifier: str | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Says what each PHOTO shows: category, main colours of the product without its background, and other attributes
    that the catalogue knows."""
    found: list[tuple[Path, Description]] = []
    bad: list[tuple[Path, str]] = []
    look: Callable[[Path], Description]
    with ExitStack() as stack:
        if server:
            if classifier or catalogue is None:
                raise click.UsageError("with --server give the --catalogue there; its --classifier is the server's own")
            look = partial(_looked_there, stack.enter_context(remote(server, key, str(catalogue))))
        else:
            look = _looked_here(stack, catalogue, classifier)
        for photo in photos:
            try:
                found.append((photo, look(photo)))
            except PictureError as error:
                bad.append((photo, str(error)))
    if as_json:
        print_json(
            {
                "photos": [{"photo": str(photo), **description_json(its)} for photo, its in found],
                "bad_photos": [{"photo": str(photo), "reason": reason} for photo, reason in bad],
            }
        )
    else:
        if found:
            _print_table(found)
        for _, reason in bad:
            click.echo(reason, err=True)
    if bad:
        ctx.exit(BAD_ROWS if found else 1)


def _looked_here(stack: ExitStack, catalogue: Location | None, classifier: str | None) -> Callable[[Path], Description]:
    model = load_classifier(classifier) if classifier else None
    if catalogue is None:
        return lambda photo: describe_alone(open_view(photo, side=SIDE), classifier=model)
    opened = stack.enter_context(open_catalogue(catalogue))
    return lambda photo: opened.attributes.describe(opened.view(FilePhoto(photo.absolute())), classifier=model)


def _looked_there(there: RemoteCatalogue, photo: Path) -> Description:
    """Raises PictureError."""
    (found,) = there.describe(photo)
    if found.error:
        raise PictureError(f"{photo}: {found.error}")
    return described(found)


def description_json(description: Description) -> dict[str, Any]:
    return {
        "category": _labels(description.category),
        "colours": [
            {"name": one.name, "name_zh": one.name_zh, "share": one.share, "weight": one.weight, "hex": f"#{one.hex}"}
            for one in description.colours
        ],
        "attributes": {column: _labels(answers) for column, answers in description.attributes.items()},
    }


def _labels(answers: Sequence[Answer]) -> list[dict[str, Any]]:
    return [{"label": one.label, "probability": round(one.probability, 6)} for one in answers]


def _print_table(found: Sequence[tuple[Path, Description]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("photo", "colours", "category", "attributes"):
        table.add_column(name, overflow="fold")
    for photo, its in found:
        colours = Text()
        for colour in its.colours:
            colours.append("██ ", Style(color=f"#{colour.hex}")).append(f"{colour.name} {colour.share:.0%}  ")
        category = _first(its.category)
        attributes = ", ".join(f"{column}: {_first(answers)}" for column, answers in its.attributes.items() if answers)
        table.add_row(Text(photo.name), colours, Text(category), Text(attributes))
    Console().print(table)


def _first(answers: Sequence[Answer]) -> str:
    return f"{answers[0].label} ({answers[0].probability:.0%})" if answers else ""


@click.command("tag")
@click.argument("source")
@click.option("--catalogue", type=CatalogueType(), required=True, help="Whose products may be seen.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="JSONL; what is there is gone on with.",
)
@click.option("--classifier", metavar="MODEL", help="A folder that `train` wrote: says the category.")
@click.option("--k", default=5, show_default=True, type=click.IntRange(1, 100), help="Products told of a picture.")
@map_option
@click.option("--bad-rows", type=click.Path(path_type=Path), help="Where to list what could not be used.")
@click.option("--quiet", is_flag=True, help="No progress.")
@server_options
@click.pass_context
def tag(
    ctx: click.Context,
    *,
    source: str,
    catalogue: Location,
    out: Path,
    classifier: str | None,
    k: int,
    mapping: tuple[tuple[str, str], ...],
    bad_rows: Path | None,
    quiet: bool,
    server: str | None,
    key: str | None,
) -> None:
    """Tells of each picture of a stream of posts what it shows: category, colours, products of the catalogue with
    probability; a JSON object a line.

    SOURCE is a folder, a table (id and photo columns) or a .txt list of URLs, as for `index`. Stop it with Ctrl-C and
    run it again to go on.
    """
    posts = open_feed(source, columns=columns(mapping))
    if server and classifier:
        raise click.UsageError("the server has a --classifier of its own; it does not go with --server")
    done = _done(out)
    bad = BadRowFile(bad_rows or out.with_suffix(".bad-rows.jsonl"))
    tagged = failed = 0
    stopped = False
    total = posts.photos()
    left = None if total is None else max(0, total - len(done))
    with ExitStack() as stack, out.open("a", encoding="utf-8") as file, stop_as_ctrl_c():
        if server:
            tags = tag_there(stack.enter_context(remote(server, key, str(catalogue))), posts, done=done, k=k)
        else:
            model = load_classifier(classifier, threads=1) if classifier else None
            opened = stack.enter_context(open_catalogue(catalogue))
            tags = opened.attributes.tag(posts, classifier=model, done=done, k=k)
        with ProgressBar("tagging", "pictures", quiet=quiet) as bar:
            try:
                for result in tags:
                    if isinstance(result, BadRow):
                        failed += 1
                        bad.write(result)
                        continue
                    tagged += 1
                    file.write(json.dumps(tagged_json(result), ensure_ascii=False) + "\n")
                    if tagged % FLUSH == 0:
                        _sync(file.fileno(), file.flush)
                        bar.show(tagged + failed, left)
            except KeyboardInterrupt:
                stopped = True
        _sync(file.fileno(), file.flush)
    click.echo(f"{out}: {tagged} pictures tagged now, {len(done)} before.")
    if failed:
        click.echo(f"{failed} rows or pictures could not be used; each with its reason in {bad.path}", err=True)
    if stopped:
        click.echo("Stopped. Run the same command again to go on.", err=True)
        ctx.exit(STOPPED)
    if failed:
        ctx.exit(BAD_ROWS)


def tagged_json(tagged: Tagged) -> dict[str, Any]:
    post = tagged.post
    about = {"title": post.title, "description": post.description, "url": post.url, **post.attributes}
    return {
        "post": post.product_id,
        "photo": tagged.photo,
        **description_json(tagged.description),
        "products": [
            {
                "product_id": match.product.product_id,
                "probability": None if match.probability is None else round(match.probability, 6),
                "score": round(match.score, 6),
            }
            for match in tagged.products
        ],
        "about": {name: value for name, value in about.items() if value not in ("", ())},
    }


def _done(out: Path) -> set[PostPicture]:
    """What a former run has written; a line that it did not finish is cut off. Raises SourceError for another file."""
    if not out.exists():
        return set()
    data = out.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        rows = [json.loads(line) for line in whole.splitlines()]
        found = {(row["post"], row["photo"]) for row in rows}
    except (ValueError, KeyError, TypeError):
        raise SourceError(f"{out}: is there already and not what `tag` writes; choose another --out") from None
    if len(whole) < len(data):
        with out.open("r+b") as file:
            file.truncate(len(whole))
    return found


def _sync(descriptor: int, flush: Callable[[], None]) -> None:
    flush()
    os.fsync(descriptor)

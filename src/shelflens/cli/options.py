"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from shelflens.errors import CatalogueError
from shelflens.feed.base import Columns
from shelflens.records.address import Address, Location, location
from shelflens.types import Box

Command = TypeVar("Command", bound=Callable[..., Any])


class Mapping(click.ParamType[tuple[str, str]]):
    """FIELD=COLUMN, as in `--map product_id=sku`."""

    name = "field=column"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        field, equals, column = str(value).partition("=")
        if not (field.strip() and equals and column.strip()):
            self.fail(f"{value!r} is not FIELD=COLUMN, for example product_id=sku", param, ctx)
        return field.strip(), column.strip()


class BoxType(click.ParamType[Box]):
    """LEFT,TOP,RIGHT,BOTTOM as fractions of the picture."""

    name = "left,top,right,bottom"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Box:
        try:
            left, top, right, bottom = (float(part) for part in str(value).split(","))
            return Box(left, top, right, bottom)
        except ValueError:
            self.fail(f"{value!r} is not four growing fractions such as 0.1,0.2,0.6,0.9", param, ctx)


def columns(pairs: tuple[tuple[str, str], ...]) -> Columns:
    names: dict[str, str] = {}
    for field, column in pairs:
        if names.setdefault(field, column) != column:
            raise click.UsageError(f"--map gives {field} two columns, {names[field]} and {column}; one is right")
    return Columns(names=names)


class CatalogueType(click.ParamType[Location]):
    """A directory, or postgres://USER@HOST/DATABASE?catalogue=NAME."""

    name = "catalogue"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Location:
        try:
            return location(value)
        except CatalogueError as error:
            self.fail(str(error), param, ctx)


def catalogue_argument(command: Command) -> Command:
    return click.argument("catalogue", type=CatalogueType())(command)


def bad_rows_of(catalogue: Location, *, here: bool = False) -> Path:
    """The file that lists what could not be used: in the catalogue's directory; `here`, as of a shared one, in ours."""
    if here or isinstance(catalogue, Address):
        return Path(f"{catalogue.name}.bad-rows.jsonl")
    return catalogue / "bad-rows.jsonl"


def map_option(command: Command) -> Command:
    return click.option(
        "--map",
        "mapping",
        type=Mapping(),
        multiple=True,
        help="A field's column in tables: --map product_id=sku. May be repeated.",
    )(command)


def ray_option(command: Command) -> Command:
    return click.option(
        "--ray",
        metavar="ADDRESS",
        help="Let a Ray cluster look at the photos: auto (this machine is one of its nodes), HOST:PORT, or local.",
    )(command)


def workers_at(ray: str | None) -> str | None:
    """What `open_catalogue` calls them; None: this process's own threads."""
    return None if ray is None else f"ray:{ray}"


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")(command)

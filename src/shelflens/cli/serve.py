"""`shelflens serve` and `shelflens keys`: the HTTP API, and who may use it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shelflens.cli.options import json_option
from shelflens.cli.output import print_json
from shelflens.errors import ShelflensError
from shelflens.records.address import is_address, parse

if TYPE_CHECKING:
    from shelflens.serve.keys import Key

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@click.command()
@click.argument("catalogues", metavar="[NAME=]CATALOGUE...", nargs=-1, required=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--threads", default=0, type=click.IntRange(0), help="Of each worker, for model work. Default: cores.")
@click.option("--waiting", default=0, type=click.IntRange(0), help="Requests that wait for a thread; more get 429.")
@click.option(
    "--keys", metavar="FILE|none", help="The file of `shelflens keys`; none: whoever comes may do everything."
)
@click.option("--create", is_flag=True, help="Make catalogues that are not there.")
@click.option("--classifier", metavar="MODEL", help="A folder that `shelflens train` wrote, for /v1/classify.")
@click.option("--watch", metavar="FOLDER", help="Let admins watch streams; what is seen is kept there (docs/watch.md).")
@click.option("--watch-days", default=30.0, show_default=True, type=click.FloatRange(0, min_open=True), help="So long.")
@click.option("--allow-origin", multiple=True, metavar="ORIGIN", help="A site whose pages may call (CORS).")
@click.option("--trusted-host", multiple=True, metavar="NAME", help="A name that the server goes by; others get 421.")
@click.option("--rate", default=50.0, show_default=True, type=click.FloatRange(0.1), help="Requests a second of a key.")
@click.option("--burst", default=100, show_default=True, type=click.IntRange(1), help="Requests at once of a key.")
@click.option("--max-body", default=32, show_default=True, type=click.IntRange(1, 1024), help="MB of a request.")
@click.option("--header-seconds", default=10.0, show_default=True, type=click.FloatRange(0.1), help="For the headers.")
@click.option("--body-seconds", default=60.0, show_default=True, type=click.FloatRange(0.1), help="For the body.")
@click.option("--drain", default=30.0, show_default=True, type=click.FloatRange(0), help="Seconds to finish at a stop.")
def serve(
    *,
    catalogues: tuple[str, ...],
    host: str,
    port: int,
    workers: int,
    threads: int,
    waiting: int,
    keys: str | None,
    create: bool,
    classifier: str | None,
    watch: str | None,
    watch_days: float,
    allow_origin: tuple[str, ...],
    trusted_host: tuple[str, ...],
    rate: float,
    burst: int,
    max_body: int,
    header_seconds: float,
    body_seconds: float,
    drain: float,
) -> None:
    """Answers HTTP requests for the CATALOGUEs, each under its folder's name or the NAME given."""
    try:
        from shelflens.serve.options import ServeOptions, Shelved
        from shelflens.serve.run import run
    except ModuleNotFoundError as error:
        raise ShelflensError(f"serving needs {error.name}; pip install 'shelflens[serve]'") from None
    if keys is None and host not in LOOPBACK:
        raise click.UsageError(
            f"{host} can be reached from elsewhere; say who may: --keys FILE (shelflens keys add), or --keys none"
        )
    options = ServeOptions(
        catalogues=tuple(Shelved(*_named(reference)) for reference in catalogues),
        host=host,
        port=port,
        workers=workers,
        keys=None if keys in (None, "none") else keys,
        create=create,
        classifier=classifier,
        watch=watch,
        watch_days=watch_days,
        allow_origins=allow_origin,
        trusted_hosts=trusted_host,
        threads=threads,
        waiting=waiting,
        rate=rate,
        burst=burst,
        max_body=max_body * 1024 * 1024,
        header_seconds=header_seconds,
        body_seconds=body_seconds,
        drain_seconds=drain,
    )
    run(options)


def _named(reference: str) -> tuple[str, str]:
    """NAME=CATALOGUE; or a path whose last part, without `.lens`, is the name; or an address, which has a name."""
    name, equals, path = reference.partition("=")
    if is_address(reference):
        path, name = reference, parse(reference).name
    elif not equals or Path(reference).exists():
        path, name = reference, Path(reference).resolve().name.removesuffix(".lens")
    if not name or not path or "/" in name:
        raise click.UsageError(f"{reference!r} is not CATALOGUE or NAME=CATALOGUE")
    return name, path


@click.group()
def keys() -> None:
    """Makes, lists and revokes the keys that a server asks for."""


_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@keys.command()
@_file
@click.option("--name", default="", help="Whose it is, for people.")
@click.option("--scope", "scopes", multiple=True, required=True, metavar="CATALOGUE:SCOPE", help="shop:write, *:read.")
@json_option
def add(*, file: Path, name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Adds a key to FILE, made if it is not there, and shows it: this once, as only its digest is kept.

    Scopes: read (search, look), write (products and photos too), admin (long work too).
    """
    from shelflens.serve.keys import KeyFile, parse_scope

    key, secret = KeyFile(file).add(name, [parse_scope(scope) for scope in scopes])
    if as_json:
        print_json({"id": key.key_id, "name": key.name, "key": secret, "scopes": dict(key.scopes)})
        return
    click.echo(secret)
    click.echo(f"Key {key.key_id}. It is not shown again.", err=True)


@keys.command("list")
@_file
@json_option
def list_keys(*, file: Path, as_json: bool) -> None:
    """Lists the keys of FILE; what is kept does not open anything."""
    from shelflens.serve.keys import KeyFile

    found = KeyFile(file).keys()
    if as_json:
        rows = [
            {"id": one.key_id, "name": one.name, "created": one.created, "scopes": dict(one.scopes)} for one in found
        ]
        print_json({"keys": rows})
        return
    for one in found:
        scopes = " ".join(f"{catalogue}:{scope}" for catalogue, scope in one.scopes.items())
        click.echo(f"{one.key_id}  {one.created}  {scopes}  {one.name}")


def _shown(key: Key) -> dict[str, object]:
    return {"id": key.key_id, "name": key.name, "created": key.created, "scopes": dict(key.scopes)}


@keys.command()
@_file
@click.argument("key_id", metavar="ID")
def revoke(*, file: Path, key_id: str) -> None:
    """Revokes a key of FILE. A running server refuses it from the next request on."""
    from shelflens.serve.keys import KeyFile

    if not KeyFile(file).revoke(key_id):
        raise ShelflensError(f"{file} has no key {key_id!r}; see shelflens keys list {file}")
    click.echo(f"Key {key_id} opens nothing any more.")

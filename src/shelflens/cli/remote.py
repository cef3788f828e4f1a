"""`--server URL`: the command asks a server for the catalogue of that name, instead of opening a directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue
    from shelflens.client import Wish as RemoteWish
    from shelflens.search import Wish

Command = TypeVar("Command", bound=Callable[..., Any])


def server_options(command: Command) -> Command:
    command = click.option("--key", envvar="SHELFLENS_KEY", help="For --server; better in SHELFLENS_KEY.")(command)
    return click.option(
        "--server", metavar="URL", help="Ask a server that runs `shelflens serve`; CATALOGUE is the name there."
    )(command)


def wished(wish: Wish) -> RemoteWish:
    from shelflens.client import Wish as RemoteWish

    return RemoteWish(wish.text, wish.minus, wish.text_weight, wish.more, wish.less)


@contextmanager
def remote(server: str, key: str | None, name: str) -> Iterator[RemoteCatalogue]:
    from shelflens.client import Client

    with Client(server, key=key) as client:
        yield client.catalogue(name)

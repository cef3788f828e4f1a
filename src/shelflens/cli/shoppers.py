"""`shelflens feedback` and `shelflens recommend`: what shoppers did, and what they may like."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol, TextIO, TypeAlias

import click

from shelflens import filters
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.cli.options import catalogue_argument, json_option
from shelflens.cli.output import BAD_ROWS, print_json
from shelflens.cli.remote import remote, server_options
from shelflens.errors import CatalogueError
from shelflens.records.address import Location
from shelflens.shopper.base import Event, Kind
from shelflens.shopper.pseudonym import check_user

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue

WAITING = 1_000  # events that are on their way to the disk

_Row: TypeAlias = tuple[str, str, Event | str]  # where, user, the event or what is wrong with it


@click.command()
@catalogue_argument
@click.option("--user", metavar="ID", help="Whose. Kept under a pseudonym only.")
@click.option("--view", multiple=True, metavar="ID", help="A product looked at. May be repeated, as the following may.")
@click.option("--click", "clicked", multiple=True, metavar="ID", help="A product clicked on.")
@click.option("--buy", multiple=True, metavar="ID", help="A product bought.")
@click.option("--like", multiple=True, metavar="ID", help="A product liked.")
@click.option("--dislike", multiple=True, metavar="ID", help="A product disliked.")
@click.option(
    "--events",
    type=click.File(encoding="utf-8"),
    help='A JSONL file (-: standard input): {"user": …, "kind": …, "product_id": …, "at": …} a line.',
)
@click.option("--show", is_flag=True, help="Print what is known of the user.")
@click.option("--forget", is_flag=True, help="Delete all that is known of the user; no trace is left.")
@server_options
@json_option
@click.pass_context
def feedback(
    ctx: click.Context,
    *,
    catalogue: Location,
    user: str | None,
    view: tuple[str, ...],
    clicked: tuple[str, ...],
    buy: tuple[str, ...],
    like: tuple[str, ...],
    dislike: tuple[str, ...],
    events: TextIO | None,
    show: bool,
    forget: bool,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Keeps what shoppers did with products of CATALOGUE; shows or deletes what is known of a user.

    An event is durable when the command has ended. Events that cannot be used are listed, and the rest is kept.
    """
    now = time.time()
    given = ((Kind.VIEW, view), (Kind.CLICK, clicked), (Kind.BUY, buy), (Kind.LIKE, like), (Kind.DISLIKE, dislike))
    own = [Event(kind, product_id, now) for kind, ids in given for product_id in ids]
    if (own or show or forget) and not user:
        raise click.UsageError("say whose: --user ID")
    if not (own or show or forget or events):
        raise click.UsageError("give --view, --click, --buy, --like, --dislike, --events, --show or --forget")
    rows: Iterator[_Row] = ((f"--{event.kind} {event.product_id}", user or "", event) for event in own)
    rows = chain(rows, _lines(events, now) if events else ())
    with ExitStack() as stack:
        keeper: _Keeper
        if server:
            keeper = _There(stack.enter_context(remote(server, key, str(catalogue))))
        else:
            keeper = _Here(stack.enter_context(open_catalogue(catalogue)))
        kept, bad = keeper.keep(rows)
        shown = keeper.events(user) if show and user else []
        gone = keeper.forget(user) if forget and user else None
    if as_json:
        print_json(
            {
                "kept": kept,
                "bad": [{"where": where, "reason": reason} for where, reason in bad],
                "events": [{"kind": one.kind, "product_id": one.product_id, "at": _iso(one.at)} for one in shown],
                "forgotten": gone,
            }
        )
    else:
        for one in shown:
            click.echo(f"{_iso(one.at)}  {one.kind:8}{one.product_id}")
        if own or events:
            click.echo(f"{kept} events kept.")
        if gone is not None:
            click.echo(f"{gone} events deleted; nothing of the user is left.")
        for where, reason in bad:
            click.echo(f"{where}: {reason}", err=True)
    if bad:
        ctx.exit(BAD_ROWS)


class _Keeper(Protocol):
    """Who keeps what shoppers did: the catalogue in its directory, or a server."""

    def keep(self, rows: Iterator[_Row]) -> tuple[int, list[tuple[str, str]]]:
        """How many are durable, and what is wrong with the others: (where, reason)."""
        ...

    def events(self, user: str) -> list[Event]: ...

    def forget(self, user: str) -> int:
        """Returns how many events there were."""
        ...


class _Here:
    def __init__(self, opened: Catalogue) -> None:
        self._shoppers = opened.shoppers

    def keep(self, rows: Iterator[_Row]) -> tuple[int, list[tuple[str, str]]]:
        bad, kept = list[tuple[str, str]](), 0
        while part := list(islice(rows, WAITING)):
            unknown = self._shoppers.unknown([event.product_id for _, _, event in part if isinstance(event, Event)])
            waiting: list[Future[None]] = []
            for where, user, event in part:
                if isinstance(event, str):
                    bad.append((where, event))
                elif event.product_id in unknown:
                    bad.append((where, f"there is no product {event.product_id!r}"))
                else:
                    waiting.append(self._shoppers.feedback_later(user, [event]))
            for future in waiting:
                future.result()
            kept += len(waiting)
        return kept, bad

    def events(self, user: str) -> list[Event]:
        return self._shoppers.events(user)

    def forget(self, user: str) -> int:
        return self._shoppers.forget(user)


class _There:
    def __init__(self, there: RemoteCatalogue) -> None:
        self._there = there

    def keep(self, rows: Iterator[_Row]) -> tuple[int, list[tuple[str, str]]]:
        from shelflens.client import Event as RemoteEvent

        bad, kept = list[tuple[str, str]](), 0
        while part := list(islice(rows, WAITING)):
            bad += [(where, event) for where, _, event in part if isinstance(event, str)]
            of_user: dict[str, list[tuple[str, Event]]] = {}
            for where, user, event in part:
                if isinstance(event, Event):
                    of_user.setdefault(user, []).append((where, event))
            for user, its in of_user.items():
                sent = [RemoteEvent(event.kind, event.product_id, event.at) for _, event in its]
                answer = self._there.feedback(user, sent)
                kept += answer.accepted
                bad += [(its[row][0], reason) for row, reason in answer.rejected.items()]
        return kept, bad

    def events(self, user: str) -> list[Event]:
        return [Event(Kind(one.kind), one.product_id, one.at or 0.0) for one in self._there.events(user)]

    def forget(self, user: str) -> int:
        count = len(self._there.events(user))
        self._there.forget_user(user)
        return count


def _lines(file: TextIO, now: float) -> Iterator[_Row]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        where = f"{file.name}:{number}"
        try:
            row = json.loads(line)
            yield where, _user(row), _event(row, now)
        except CatalogueError as error:
            yield where, "", str(error)
        except ValueError as error:
            yield where, "", f"is not JSON ({error})"


def _user(row: Any) -> str:
    user = row.get("user") if isinstance(row, dict) else row
    if not isinstance(user, str):
        raise CatalogueError(f"user must be a text in a JSON object, not {user!r}")
    check_user(user)
    return user


def _event(row: dict[str, Any], now: float) -> Event:
    """Raises CatalogueError that names the field."""
    kind, product_id, at = row.get("kind"), row.get("product_id"), row.get("at", now)
    if kind not in list(Kind):
        raise CatalogueError(f"kind must be {', '.join(Kind)}, not {kind!r}")
    if not isinstance(product_id, str) or not product_id:
        raise CatalogueError(f"product_id must be a text, not {product_id!r}")
    try:
        told = datetime.fromisoformat(at) if isinstance(at, str) else datetime.fromtimestamp(float(at), UTC)
        seconds = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, OSError):
        raise CatalogueError(f"at must be ISO 8601 or seconds since 1970, not {at!r}") from None
    return Event(Kind(kind), product_id, seconds)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


@click.command()
@catalogue_argument
@click.option("--user", metavar="ID", help="For this user, by what he did; with --like, of his taste.")
@click.option("--like", metavar="ID", help="Similar to this product.")
@click.option("--goes-with", metavar="ID", help="What shoppers of this product took, too.")
@click.option("--k", default=10, show_default=True, type=click.IntRange(1, 1_000), help="Products wanted.")
@click.option("--filter", "condition", metavar="CONDITION", help="""For example: 'price <= 30'.""")
@server_options
@json_option
def recommend(
    *,
    catalogue: Location,
    user: str | None,
    like: str | None,
    goes_with: str | None,
    k: int,
    condition: str | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Products of CATALOGUE that a shopper may like, best first, not all the same, each with the reasons."""
    if not (user or like or goes_with) or (like and goes_with):
        raise click.UsageError("give --user ID, --like ID or --goes-with ID; --user goes with --like, too")
    if server:
        with remote(server, key, str(catalogue)) as there:
            afar = there.recommend(user=user, like=like, goes_with=goes_with, k=k, filter=condition)
        found = [(one.product, one.score, one.reasons) for one in afar]
    else:
        parsed = filters.parse(condition) if condition else None
        with open_catalogue(catalogue) as opened:
            here = opened.shoppers.recommend(user=user, like=like, goes_with=goes_with, k=k, condition=parsed)
        found = [(one.product, one.score, one.reasons) for one in here]
    if as_json:
        print_json(
            {
                "recommendations": [
                    {
                        "product_id": product.product_id,
                        "title": product.title,
                        "price": product.price,
                        "score": round(score, 6),
                        "reasons": list(reasons),
                    }
                    for product, score, reasons in found
                ]
            }
        )
        return
    for place, (product, score, reasons) in enumerate(found, 1):
        click.echo(f"{place:3}. {score:.3f}  {product.product_id}  {product.title}\n            {'; '.join(reasons)}")
    if not found:
        click.echo("Nothing to recommend: too little is known, or no product meets the filter.")

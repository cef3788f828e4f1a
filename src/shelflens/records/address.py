"""Where a shared catalogue is: `postgres://USER@HOST/DATABASE?catalogue=NAME`.

Several hosts (`HOST1,HOST2:5433`) are a primary and its replicas: the one that takes writes is used. Further options
are libpq's (`sslmode=verify-full`). A password had better lie in ~/.pgpass or PGPASSWORD; one that is written here is
never shown again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from shelflens.errors import CatalogueError

_SCHEMES: Final = ("postgres://", "postgresql://")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,47}")
_SECRET: Final = frozenset({"password", "sslpassword", "oauth_client_secret"})
_USUAL: Final = {
    "application_name": "shelflens",
    "connect_timeout": "5",  # seconds, for each host
    "keepalives_idle": "10",  # seconds; a server that has vanished is noticed within half a minute
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "target_session_attrs": "read-write",
    "tcp_user_timeout": "20000",  # milliseconds
}


@dataclass(frozen=True, slots=True)
class Address:
    """One catalogue of a PostgreSQL database. As text it has no password."""

    catalogue: str
    shown: str
    dsn: str = field(repr=False)  # as libpq takes it, password included

    def __str__(self) -> str:
        return self.shown

    @property
    def name(self) -> str:
        """What the catalogue is called, as the last part of a directory's path is."""
        return self.catalogue

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        parts = urlsplit(self.dsn)
        password = parts.netloc.rpartition("@")[0].partition(":")[2]
        others = (value for name, value in parse_qsl(parts.query) if name in _SECRET)
        return tuple(filter(None, (password, unquote(password), *others)))


#: Where a catalogue is: a directory, or an address.
Location: TypeAlias = Path | Address


def is_address(text: str) -> bool:
    return text.startswith(_SCHEMES)


def location(text: str | Location) -> Location:
    """Raises CatalogueError for an address that is none."""
    return (
        parse(text) if isinstance(text, str) and is_address(text) else text if isinstance(text, Address) else Path(text)
    )


def parse(text: str) -> Address:
    """Raises CatalogueError that says what an address looks like."""
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    user, at, hosts = parts.netloc.rpartition("@")
    name, colon, _password = user.partition(":")
    catalogue = options.pop("catalogue", "")
    shown_options = {key: "***" if key in _SECRET else value for key, value in options.items()}
    shown_user = f"{name}:***{at}" if colon else f"{name}{at}"
    query = urlencode({**shown_options, **({"catalogue": catalogue} if catalogue else {})}, safe="*/:,")
    shown = f"postgres://{shown_user}{hosts}{parts.path}{'?' if query else ''}{query}"
    form = "postgres://USER@HOST/DATABASE?catalogue=NAME"
    if not parts.path.strip("/"):
        raise CatalogueError(f"{shown}: which database? Write {form}")
    if not catalogue:
        raise CatalogueError(f"{shown}: which catalogue? Write {form}")
    if not _NAME.fullmatch(catalogue) or catalogue.startswith("pg_") or catalogue in ("public", "information_schema"):
        raise CatalogueError(
            f"{shown}: {catalogue!r} cannot be a catalogue's name; it has up to 48 of a-z, 0-9, - and _, the first of "
            "them a letter, and is none that PostgreSQL uses itself (public, pg_...)"
        )
    dsn = f"postgresql://{parts.netloc}{parts.path}?{urlencode({**_USUAL, **options})}"
    return Address(catalogue, shown, dsn)

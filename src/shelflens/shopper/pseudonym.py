"""Users to pseudonyms: a keyed hash, so that who reads the events cannot try out names.

The key lies in a file of its own that only the owner may read, never in the events' database. Without it nobody, the
shop included, can tell whose an event is; losing it loses every profile.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from shelflens.errors import CatalogueError

FILE: Final = "shoppers.key"
KEY_BYTES: Final = 32
BYTES: Final = 16  # of a pseudonym: two of a billion users meet with a chance of 10^-21
MAX_USER: Final = 256  # characters


class Pseudonyms:
    """The pseudonyms of one catalogue's users."""

    def __init__(self, file: Path) -> None:
        """Makes the key if there is none. Raises CatalogueError."""
        self._key = _key(file)

    @property
    def seal(self) -> int:
        """Tells one key from another, and nothing of the key."""
        return int.from_bytes(hmac.digest(self._key, b"seal", hashlib.sha256)[:8], "big") >> 2

    def of(self, user: str) -> bytes:
        """(BYTES,). Raises CatalogueError for what is no user id."""
        check_user(user)
        return hmac.digest(self._key, user.encode(), hashlib.sha256)[:BYTES]


def check_user(user: str) -> None:
    """Raises CatalogueError for what is no user id."""
    if not user.strip() or len(user) > MAX_USER or not user.isprintable():
        raise CatalogueError(f"a user id is 1 to {MAX_USER} printable characters, not {user[:40]!r}")


def copy_key(file: Path, into: Path) -> None:
    """Raises CatalogueError where there is none, and where another one is in its place."""
    if not file.is_file():
        raise CatalogueError(f"{file}: the key of the users' pseudonyms is not there; put it back")
    key = _key(file)
    if not into.exists():
        _make(into, key)
    if _key(into) != key:
        raise CatalogueError(f"{into}: another catalogue's key of users' pseudonyms; put it elsewhere")


def _key(path: Path) -> bytes:
    try:
        if not path.exists():
            _make(path, os.urandom(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"{path}: the key of the users' pseudonyms cannot be read ({error.strerror})") from None
    if len(key) != KEY_BYTES:
        raise CatalogueError(f"{path}: holds {len(key)} bytes, not the {KEY_BYTES} of a key; put the right one back")
    return key


def _make(path: Path, key: bytes) -> None:
    """Whole or absent; of two processes that make one at once, both read the first."""
    part = path.with_name(f"{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

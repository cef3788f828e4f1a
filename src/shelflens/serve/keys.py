"""API keys: who may do what with which catalogue. The file holds digests; a key itself is shown once."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from shelflens.errors import ShelflensError

FORMAT = 1
PREFIX = "shelflens"
EVERY = "*"  # every catalogue


class Scope(StrEnum):
    """Each includes those before it."""

    READ = "read"  # search, look
    WRITE = "write"  # products and photos
    ADMIN = "admin"  # long work: audits, calibration

    def includes(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of a key."""

    key_id: str  # public; in logs
    name: str  # for people
    sha256: str  # of the whole key, which has 256 random bits: no slow hash is needed
    scopes: Mapping[str, Scope]  # by catalogue, or "*"
    created: str  # ISO 8601, UTC

    def scope(self, catalogue: str) -> Scope | None:
        """What it may do there; None: nothing, not even know that it exists."""
        return self.scopes.get(catalogue, self.scopes.get(EVERY))


#: Whoever comes to a server without keys.
ANYBODY = Key("anybody", "", "", {EVERY: Scope.ADMIN}, "")


def parse_scope(text: str) -> tuple[str, Scope]:
    """`shop:write`, `*:read`. Raises ShelflensError."""
    catalogue, _, scope = text.rpartition(":")
    if not catalogue or scope not in set(Scope):
        raise ShelflensError(f"{text!r} is not CATALOGUE:SCOPE with scope read, write or admin, as in shop:write")
    return catalogue, Scope(scope)


class KeyFile:
    """A JSON file, replaced whole. A server sees a change with the next request. Safe to call from several threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys: tuple[Key, ...] = ()
        self._by_digest: dict[str, Key] = {}

    def keys(self) -> tuple[Key, ...]:
        """Raises ShelflensError when the file is missing or is none of keys."""
        self._read()
        return self._keys

    def find(self, secret: str) -> Key | None:
        """The key that was shown as `secret`. Looked up by its digest, so timing tells nothing of other keys."""
        self._read()
        return self._by_digest.get(_digest(secret))

    def add(self, name: str, scopes: Sequence[tuple[str, Scope]]) -> tuple[Key, str]:
        """The new key and what to show, once. Makes the file when there is none."""
        if not scopes:
            raise ShelflensError("a key needs a scope, as in shop:read")
        with self._changing():
            keys = self.keys() if self.path.exists() else ()
            key_id = secrets.token_hex(4)
            secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
            now = datetime.now(UTC).isoformat(timespec="seconds")
            key = Key(key_id, name, _digest(secret), dict(scopes), now)
            self._write((*keys, key))
        return key, secret

    def revoke(self, key_id: str) -> bool:
        """False when there is no such key."""
        with self._changing():
            keys = self.keys()
            left = tuple(key for key in keys if key.key_id != key_id)
            self._write(left)
        return len(left) < len(keys)

    def _read(self) -> None:
        try:
            status = self.path.stat()
            seen = (status.st_mtime_ns, status.st_ino, status.st_size)
            if seen == self._seen:
                return
            text = self.path.read_text(encoding="utf-8")
        except OSError as error:
            raise ShelflensError(
                f"{self.path}: no keys can be read there ({error.strerror}); "
                f"make one: shelflens keys add {self.path} --scope '*:read'"
            ) from None
        keys = _parse(text, where=self.path)
        with self._lock:
            self._keys, self._by_digest, self._seen = keys, {key.sha256: key for key in keys}, seen

    def _write(self, keys: Sequence[Key]) -> None:
        temporary = self.path.with_name(self.path.name + ".part")
        data = {"format": FORMAT, "keys": [asdict(key) for key in keys]}
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One command at a time changes the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_name(self.path.name + ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parse(text: str, *, where: Path) -> tuple[Key, ...]:
    try:
        data: dict[str, Any] = json.loads(text)
        if data["format"] != FORMAT:
            raise ShelflensError(f'{where}: "format" must be {FORMAT}; this is another version')
        return tuple(
            Key(**{**key, "scopes": {name: Scope(scope) for name, scope in key["scopes"].items()}})
            for key in data["keys"]
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ShelflensError(f"{where}: not a file of keys ({error}); make one with: shelflens keys add") from None

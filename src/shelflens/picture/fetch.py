"""A picture's URL to its bytes, from public web servers only.

Built on httpcore, the transport of httpx, because the address check must sit where sockets are opened. Proxies named
in the environment are ignored: a proxy resolves names itself, out of reach of the check.
"""

from __future__ import annotations

import os
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote_to_bytes

from shelflens.errors import FetchError
from shelflens.picture.limits import Limits
from shelflens.picture.opening import Picture, open_bytes

if TYPE_CHECKING:  # imported when the first picture is fetched; most catalogues are folders
    import ssl

    import httpcore
    import httpx


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """What fetching may reach and how long it may take."""

    allowed_hosts: frozenset[str] = frozenset()  # reached at any address, private ones too; as written in the URL
    max_redirects: int = 5
    connect_seconds: float = 5.0
    read_seconds: float = 10.0  # of silence
    total_seconds: float = 60.0  # for one picture, redirects included, name resolution not
    user_agent: str = "shelflens"


_REDIRECT = frozenset({301, 302, 303, 307, 308})


class Fetcher:
    """Fetches pictures over connections that are kept open; one may serve many threads. Close it after use."""

    def __init__(self, *, limits: Limits | None = None, policy: FetchPolicy | None = None) -> None:
        import httpcore

        from shelflens.picture.connecting import CheckedBackend

        self._limits = limits or Limits()
        self._policy = policy or FetchPolicy()
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")),
            max_connections=64,
            max_keepalive_connections=16,
            keepalive_expiry=5.0,
            network_backend=CheckedBackend(self._policy.allowed_hosts),
        )

    def fetch(self, url: str) -> bytes:
        """The bytes that an http or https URL leads to, of whatever type. Raises FetchError."""
        from shelflens.picture.connecting import deadline

        token = deadline.set(time.monotonic() + self._policy.total_seconds)
        try:
            return self._follow(_parse(url))
        finally:
            deadline.reset(token)

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self, url: httpx.URL) -> bytes:
        name = shown(url)
        for _ in range(self._policy.max_redirects + 1):
            answer = self._get(url, name)
            if isinstance(answer, bytes):
                return answer
            url = answer
        raise FetchError(f"{name}: more than {self._policy.max_redirects} redirects; give the picture's own address")

    def _get(self, url: httpx.URL, name: str) -> bytes | httpx.URL:
        """One request: the body, or where it leads to instead."""
        timeout = {
            "connect": self._policy.connect_seconds,
            "read": self._policy.read_seconds,
            "write": self._policy.read_seconds,
            "pool": self._policy.total_seconds,
        }
        with (
            _as_fetch_error(name),
            self._pool.stream(
                "GET", _target(url), headers=self._headers(url), extensions={"timeout": timeout}
            ) as response,
        ):
            headers = {key.lower(): value.decode("latin-1") for key, value in response.headers}
            if response.status in _REDIRECT and (location := headers.get(b"location")):
                return _parse(location, base=url)
            if response.status != 200:
                raise FetchError(f"{name}: the server answered HTTP {response.status}; 200 and a picture are needed")
            if (coding := headers.get(b"content-encoding", "identity").lower()) != "identity":
                raise FetchError(f"{name}: sent with content coding {coding!r}, which was not asked for")
            return self._body(response, headers.get(b"content-length", ""), name)

    def _body(self, response: httpcore.Response, promised: str, name: str) -> bytes:
        most = self._limits.max_bytes
        if promised.isdecimal() and int(promised) > most:
            raise FetchError(f"{name}: {promised} bytes; at most {most} are read")
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > most:
                raise FetchError(f"{name}: more than {most} bytes; at most {most} are read")
        return bytes(body)

    def _headers(self, url: httpx.URL) -> list[tuple[bytes, bytes]]:
        headers = [
            (b"Host", url.netloc),
            (b"User-Agent", self._policy.user_agent.encode("ascii")),
            (b"Accept", b"image/*,*/*;q=0.1"),
            (b"Accept-Encoding", b"identity"),  # pictures are compressed already; a coding could hide a bomb
        ]
        if url.userinfo:
            headers.append((b"Authorization", b"Basic " + b64encode(unquote_to_bytes(url.userinfo))))
        return headers


def fetch(url: str, *, limits: Limits | None = None, policy: FetchPolicy | None = None) -> bytes:
    """The bytes of one picture's URL. Raises FetchError. For many pictures, keep a `Fetcher`."""
    with Fetcher(limits=limits, policy=policy) as fetcher:
        return fetcher.fetch(url)


def open_url(
    url: str, *, side: int | None = None, limits: Limits | None = None, policy: FetchPolicy | None = None
) -> Picture:
    """Fetch and open one picture; `side` as in `open_bytes`. Raises PictureError."""
    limits = limits or Limits()
    data = fetch(url, limits=limits, policy=policy)
    return open_bytes(data, name=shown(_parse(url)), side=side, limits=limits)


def shown(url: httpx.URL) -> str:
    """A URL as errors and reports may show it: without user, password, query and fragment, where secrets live."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


def _parse(text: str, *, base: httpx.URL | None = None) -> httpx.URL:
    """An http or https URL with a host. Raises FetchError, which does not repeat what could not be parsed."""
    import httpx

    where = f"{shown(base)}: a redirect" if base else "a picture's address"
    try:
        url = base.join(text) if base else httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise FetchError(f"{where} that is no URL; one like https://example.com/shoe.jpg is needed") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError(f"{where} that is not on the web ({url.scheme or 'no scheme'}); http or https is needed")
    if not 0 < (url.port or 80) < 65536:
        raise FetchError(f"{shown(url)}: port {url.port}; 1 to 65535 is needed")
    return url


def _target(url: httpx.URL) -> httpcore.URL:
    import httpcore

    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


@contextmanager
def _as_fetch_error(name: str) -> Iterator[None]:
    import httpcore

    from shelflens.picture.connecting import AddressRefused

    try:
        yield
    except AddressRefused as error:
        raise FetchError(f"{name}: {error}") from error
    except httpcore.TimeoutException as error:
        raise FetchError(f"{name}: the server took too long; try again later") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FetchError(f"{name}: the connection failed ({reason})") from error


@lru_cache(maxsize=4)  # 70 ms to load
def _ssl_context(authorities_file: str | None, authorities_folder: str | None) -> ssl.SSLContext:  # noqa: ARG001
    """certifi's authorities, or those that the two variables name; httpx reads them itself, here they are the key."""
    import httpx

    return httpx.create_ssl_context()

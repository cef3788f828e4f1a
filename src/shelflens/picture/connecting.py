"""Connections to public addresses only: names are resolved once, and what was checked is what is connected to.

A catalogue or a query is foreign input; without this check its URLs would read the machines behind our firewall
(server-side request forgery). Checking the name before the HTTP client resolves it again would leave a gap for DNS
rebinding, so the check sits where the socket is opened; TLS and the Host header still see the name.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpcore

#: Addresses that `is_global` lets through, and that are no web server's all the same.
_REFUSED_IPV4 = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host agent, which hands out credentials
    )
)
#: Only 2000::/3 is global unicast; outside lie IPv4-mapped, NAT64, unique local, site-local, multicast and the rest.
_UNICAST_IPV6 = ip_network("2000::/3")
_REFUSED_IPV6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # IETF protocol assignments, with Teredo (an IPv4 address inside)
        "2002::/16",  # 6to4 (an IPv4 address inside)
        "3fff::/20",  # documentation
    )
)

#: `time.monotonic()` at which the fetch that runs in this thread must be over.
deadline: ContextVar[float] = ContextVar("deadline", default=float("inf"))


class AddressRefused(httpcore.ConnectError):
    """The host has no address that may be reached; the message says why."""


def is_public(address: str) -> bool:
    """Whether a numeric address is an ordinary public one, in the internet's unicast space."""
    ip = ip_address(address)
    if not ip.is_global or ip.is_multicast:
        return False
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _REFUSED_IPV4)
    assert isinstance(ip, IPv6Address)
    return ip in _UNICAST_IPV6 and not any(ip in network for network in _REFUSED_IPV6)


class CheckedBackend(httpcore.NetworkBackend):
    """Opens sockets to public addresses, and to any address of the hosts that are allowed by name."""

    def __init__(self, allowed_hosts: frozenset[str]) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Raises AddressRefused, or the error of the last address that was tried."""
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._addresses(host, port):
            try:
                stream = self._plain.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _TimedStream(stream)
        raise failure or AddressRefused(f"{host} has no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        """Numeric addresses, the resolver's preferred first. Decimal, hex and octal forms are numbers by then."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that IDNA cannot hold
            raise AddressRefused(f"the host {host} is unknown") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if host.lower() in self._allowed:
            return addresses
        public = [address for address in addresses if is_public(address)]
        if not public:
            raise AddressRefused(f"the host {host} is not on the public internet ({addresses[0]}); allow it by name")
        return public


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every wait ends by `deadline`, so that a server cannot drip bytes for ever."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None) -> float:
    left = min(deadline.get() - time.monotonic(), float("inf") if timeout is None else timeout)
    if left <= 0:
        raise httpcore.ReadTimeout("the time for the whole picture is over")
    return left

"""Alerts posted to an address, signed as Standard Webhooks says (https://www.standardwebhooks.com).

The address is checked as a picture's is (picture/connecting.py): what is private is reached only when it was allowed
by name. No redirect is followed.
"""

from __future__ import annotations

import binascii
import hmac
import time
from base64 import b64decode, b64encode
from hashlib import sha256

from shelflens.alert.base import Delivery, with_pictures
from shelflens.alert.settings import SinkSettings
from shelflens.errors import AlertError
from shelflens.picture import FetchPolicy

SECRET_BYTES = (24, 64)  # as the standard wants it


class Webhook:
    """A Sink. Anything but a 2xx is tried again."""

    def __init__(self, address: str, *, secret: str, policy: FetchPolicy) -> None:
        """`secret` is `whsec_` and 24 to 64 bytes in base64. Raises AlertError."""
        import httpcore
        import httpx

        from shelflens.picture.connecting import CheckedBackend

        try:
            self._url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise AlertError(
                "a webhook's address that is no URL; one like https://shop.example/alerts is needed"
            ) from None
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise AlertError(f"a webhook's address must begin with https:// or http://, not {self._url.scheme!r}")
        self._shown = f"{self._url.scheme}://{self._url.netloc.decode('ascii')}{self._url.path}"
        self._key = _key(secret)
        self._policy = policy
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=1,
            keepalive_expiry=5.0,
            network_backend=CheckedBackend(policy.allowed_hosts),
        )

    @property
    def name(self) -> str:
        return f"webhook:{self._shown}"

    def deliver(self, delivery: Delivery) -> None:
        import httpcore

        from shelflens.picture.connecting import deadline

        body, policy = with_pictures(delivery), self._policy
        stamp = str(int(time.time()))
        headers = [
            (b"Host", self._url.netloc),
            (b"User-Agent", policy.user_agent.encode("ascii")),
            (b"Content-Type", b"application/json"),
            (b"Content-Length", str(len(body)).encode()),
            (b"webhook-id", delivery.alert.alert_id.encode()),
            (b"webhook-timestamp", stamp.encode()),
            (b"webhook-signature", sign(self._key, delivery.alert.alert_id, stamp, body).encode()),
        ]
        timeout = {
            "connect": policy.connect_seconds,
            "read": policy.read_seconds,
            "write": policy.read_seconds,
            "pool": policy.total_seconds,
        }
        target = httpcore.URL(
            scheme=self._url.raw_scheme, host=self._url.raw_host, port=self._url.port, target=self._url.raw_path
        )
        token = deadline.set(time.monotonic() + policy.total_seconds)
        try:
            with self._pool.stream(
                "POST", target, headers=headers, content=body, extensions={"timeout": timeout}
            ) as response:
                status = response.status  # the answer's body is nothing to us
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise AlertError(f"{self._shown}: not reached ({reason})") from None
        finally:
            deadline.reset(token)
        if not 200 <= status < 300:
            raise AlertError(f"{self._shown}: answered HTTP {status}; 2xx is needed")

    def forget(self, before: float) -> None:
        """Nothing is kept here."""


def sign(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """Over id, time and body, so that none can be exchanged."""
    said = b".".join((message_id.encode(), stamp.encode(), body))
    return "v1," + b64encode(hmac.new(key, said, sha256).digest()).decode("ascii")


def _key(secret: str) -> bytes:
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    least, most = SECRET_BYTES
    if not least <= len(key) <= most:
        raise AlertError(
            f"webhooks are signed: SHELFLENS_WEBHOOK_SECRET must be whsec_ and {least} to {most} bytes in base64; "
            "echo whsec_$(openssl rand -base64 32) makes one"
        )
    return key


def from_place(address: str, settings: SinkSettings) -> Webhook:
    """`webhook:https://shop.example/alerts`."""
    return Webhook(address, secret=settings.webhook_secret, policy=settings.policy)

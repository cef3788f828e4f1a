"""Alerts as e-mail, through the shop's own server."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from shelflens.alert.base import Delivery, facts
from shelflens.alert.settings import SinkSettings
from shelflens.errors import AlertError

SECONDS = 20.0  # for one message


class Mail:
    """A Sink. Every try of one alert has the same Message-ID, so that a mail server may know a repeat."""

    def __init__(self, to: str, *, server: str, sender: str) -> None:
        """`server` is smtp://USER:PASSWORD@HOST:587 (encrypted where the server offers it, and always before a
        password is sent) or smtps://...:465. Raises AlertError."""
        parts = urlsplit(server)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise AlertError("e-mail needs SHELFLENS_SMTP=smtp://USER:PASSWORD@HOST:587, or smtps://...:465")
        if "@" not in to or any(sign.isspace() for sign in to):
            raise AlertError(f"{to!r} is no e-mail address; mail:guard@shop.example is one")
        self._to, self._sender = to, sender
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    @property
    def name(self) -> str:
        return f"mail:{self._to}"

    def deliver(self, delivery: Delivery) -> None:
        try:
            with self._connected() as server:
                server.send_message(self._message(delivery))
        except (smtplib.SMTPException, OSError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise AlertError(f"{self._host}:{self._port}: did not take the message ({reason})") from None

    def forget(self, before: float) -> None:
        """Nothing is kept here."""

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
            elif self._user:
                server.close()
                raise AlertError(f"{self._host}:{self._port}: would have the password sent in the clear; use smtps://")
        if self._user:
            server.login(self._user, self._password)
        return server

    def _message(self, delivery: Delivery) -> EmailMessage:
        alert = delivery.alert
        message = EmailMessage()
        message["Subject"] = ("[repeat] " if delivery.repeat else "") + alert.line()
        message["From"], message["To"] = self._sender, self._to
        message["Message-ID"] = f"<{alert.alert_id}@shelflens.invalid>"
        message["Auto-Submitted"] = "auto-generated"
        lines = [f"{name}: {value}" for name, value in facts(delivery).items()]
        message.set_content(alert.line() + "\n\n" + "\n".join(lines) + "\n")
        for name, jpeg in (("frame", alert.frame), ("product", alert.picture)):
            if jpeg:
                message.add_attachment(jpeg, "image", "jpeg", filename=f"{name}.jpg")
        return message


def from_place(to: str, settings: SinkSettings) -> Mail:
    """`mail:guard@shop.example`."""
    return Mail(to, server=settings.smtp, sender=settings.sender)

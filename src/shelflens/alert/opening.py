"""From what a person writes to a sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from shelflens.alert.base import Sink
from shelflens.alert.command import Command
from shelflens.alert.lines import Lines
from shelflens.alert.mail import Mail
from shelflens.alert.webhook import Webhook
from shelflens.errors import AlertError
from shelflens.picture import FetchPolicy


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """What sinks need besides their address, read at the edge."""

    policy: FetchPolicy = field(default_factory=FetchPolicy)
    webhook_secret: str = field(default="", repr=False)
    smtp: str = field(default="", repr=False)
    sender: str = "shelflens@localhost"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], policy: FetchPolicy) -> SinkSettings:
        """SHELFLENS_WEBHOOK_SECRET, SHELFLENS_SMTP, SHELFLENS_MAIL_FROM."""
        return cls(
            policy,
            environment.get("SHELFLENS_WEBHOOK_SECRET", ""),
            environment.get("SHELFLENS_SMTP", ""),
            environment.get("SHELFLENS_MAIL_FROM", "shelflens@localhost"),
        )


_KINDS: dict[str, Callable[[str, SinkSettings], Sink]] = {
    "lines": lambda rest, _: Lines(Path(rest)),
    "webhook": lambda rest, settings: Webhook(rest, secret=settings.webhook_secret, policy=settings.policy),
    "mail": lambda rest, settings: Mail(rest, server=settings.smtp, sender=settings.sender),
    "command": lambda rest, _: Command(rest),
}


def open_sink(text: str, settings: SinkSettings) -> Sink:
    """`lines:alerts.jsonl`, `webhook:https://...`, `mail:guard@shop.example`, `command:./tell.sh`. AlertError."""
    kind, colon, rest = text.partition(":")
    make = _KINDS.get(kind)
    if make is None or not (colon and rest):
        raise AlertError(f"no alert like {text!r}; there is lines:PATH, webhook:URL, mail:ADDRESS, command:PROGRAM")
    return make(rest, settings)

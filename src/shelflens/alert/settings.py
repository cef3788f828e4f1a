"""What sinks need besides their address, read at the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shelflens.picture import FetchPolicy


@dataclass(frozen=True, slots=True)
class SinkSettings:
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

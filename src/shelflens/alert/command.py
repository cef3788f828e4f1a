"""Alerts handed to a program of the user's."""

from __future__ import annotations

import shlex
import subprocess

from shelflens.alert.base import Delivery, with_pictures
from shelflens.alert.settings import SinkSettings
from shelflens.errors import AlertError

SECONDS = 60.0


class Command:
    """A Sink. The program gets the alert as JSON on its standard input, and has taken it when it ends with 0. It is run
    without a shell, so nothing in a product's title can become a command."""

    def __init__(self, line: str) -> None:
        try:
            self._words = shlex.split(line)
        except ValueError as error:
            raise AlertError(f"command:{line} cannot be understood ({error})") from None
        if not self._words:
            raise AlertError("command: needs a program, as in command:./tell.sh")
        self._line = line

    @property
    def name(self) -> str:
        return f"command:{self._line}"

    def deliver(self, delivery: Delivery) -> None:
        try:
            done = subprocess.run(  # noqa: S603  # the user named it; alerts come in on its standard input alone
                self._words,
                input=with_pictures(delivery),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise AlertError(f"{self._words[0]}: did not run ({error})") from None
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())[-200:]
            raise AlertError(f"{self._words[0]}: ended with {done.returncode} ({said})")

    def forget(self, before: float) -> None:
        """Nothing is kept here."""


def from_place(line: str, _settings: SinkSettings) -> Command:
    """`command:./tell.sh`."""
    return Command(line)

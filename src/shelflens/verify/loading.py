"""From a verifier's name to the verifier."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shelflens import plug
from shelflens.verify.base import Verifier

WITH_FILES: Final = frozenset({"lightglue"})  # kinds that are nothing without what the user brings, after a colon


def load_verifier(name: str, *arguments: object) -> Verifier:
    """`local`, `lightglue:PATH`, or what a package brings: the part before the colon is looked up, the part behind it
    is handed over, then the `arguments`. Raises ShelflensError."""
    kind, colon, reference = name.partition(":")
    make = plug.find("verifiers", kind)
    verifier: Verifier = make(reference, *arguments) if colon else make(*arguments)
    return verifier


def kind_of(name: str) -> str:
    """What the evidence of a verifier is called: `lightglue` of `lightglue:PATH`."""
    return name.partition(":")[0]


def lasting(name: str) -> str:
    """The name by which a catalogue finds the verifier again from any folder: a path after the colon is made whole."""
    kind, colon, reference = name.partition(":")
    path = Path(reference).expanduser()
    return f"{kind}:{path.resolve()}" if colon and path.exists() else name

"""What was found to be fastest on this machine: measured by `shelflens tune-machine`, kept in the user's cache, used by
whatever indexes and serves."""

from __future__ import annotations

import json
import logging
import os
import platform
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

import onnxruntime

from shelflens.network.runtime import RUNTIME
from shelflens.settings import Settings

FILE: Final = "tuning.json"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the model runs here."""

    workers: int  # photos that are indexed side by side
    worker_threads: int  # that one of these runs on
    query_threads: int  # that a lone query runs on
    arena: bool  # as in `network.runtime`

    @classmethod
    def usual(cls, settings: Settings) -> Tuning:
        """What is taken where nobody has measured."""
        return cls(settings.cores, 1, settings.cores, arena=True)


def this_machine(settings: Settings) -> str:
    """What a measurement holds for."""
    return f"{_processor()}, {settings.cores} cores, onnxruntime {onnxruntime.__version__}"


def _processor() -> str:
    """As the kernel calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    return next(named, platform.processor() or platform.machine())


def settle(settings: Settings) -> Tuning:
    """The one that was measured here, unless SHELFLENS_THREADS says otherwise. One that is not of this machine, or not
    to be understood, is left alone with a warning."""
    tuning = None if settings.threads else read(settings)
    tuning = tuning or Tuning.usual(settings)
    RUNTIME.arena, RUNTIME.device = tuning.arena, settings.device
    return tuning


def path(settings: Settings) -> Path:
    return settings.cache.expanduser() / FILE


def read(settings: Settings) -> Tuning | None:
    """None: nothing was measured, or nothing that holds here."""
    file = path(settings)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError:
        return None
    try:
        data = json.loads(text)
        machine, tuning = data["machine"], Tuning(**data["tuning"])
        if machine != (here := this_machine(settings)):
            _ignored(file, f"measured on another machine ({machine}); this is {here}")
            return None
        _check(data["format"], tuning, settings)
    except (ValueError, TypeError, LookupError) as error:
        _ignored(file, f"not what tune-machine writes ({error})")
        return None
    return tuning


def _check(format_: object, tuning: Tuning, settings: Settings) -> None:
    """Raises ValueError."""
    if format_ != FORMAT:
        raise ValueError(f"format must be {FORMAT}, not {format_!r}")
    for field in fields(tuning):
        value = getattr(tuning, field.name)
        if field.name == "arena" and not isinstance(value, bool):
            raise ValueError("arena must be true or false")
        if field.name != "arena" and (type(value) is not int or not 1 <= value <= settings.cores):
            raise ValueError(f"{field.name} must be from 1 to {settings.cores}, not {value!r}")


def _ignored(file: Path, why: str) -> None:
    logging.getLogger("shelflens").warning("%s is ignored: %s; measure again: shelflens tune-machine", file, why)


def write(tuning: Tuning, settings: Settings) -> Path:
    """Whole or not at all; returns where."""
    file = path(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    data = {"format": FORMAT, "machine": this_machine(settings), "tuning": asdict(tuning)}
    temporary.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    temporary.replace(file)
    return file

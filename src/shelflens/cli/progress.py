"""How long work shows where it stands: a bar for a person, a line now and then for a log."""

from __future__ import annotations

import time
from types import TracebackType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from shelflens.cli.output import duration

LINE_SECONDS = 5.0  # between two lines of a log


class ProgressBar:
    """Counts `unit`s done, on standard error, so that standard output stays clean."""

    def __init__(self, title: str, unit: str, *, quiet: bool = False) -> None:
        self._title, self._unit, self._quiet = title, unit, quiet
        self._started = self._line_at = time.monotonic()
        console = Console(stderr=True)
        self._task = TaskID(0)
        self._bar: Progress | None = None
        if console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[note]}"),
                console=console,
            )
            self._task = self._bar.add_task(title, total=None, rate="", note="")

    def __enter__(self) -> ProgressBar:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def show(self, done: int, total: int | None, *, note: str = "") -> None:
        """`total` None: nobody knows."""
        now = time.monotonic()
        per_second = done / max(now - self._started, 1e-9)
        rate = f"{per_second:.0f} {self._unit}/s"
        if self._bar:
            self._bar.update(self._task, completed=done, total=total, rate=rate, note=note)
        elif not self._quiet and now - self._line_at >= LINE_SECONDS:
            self._line_at = now
            of = f"/{total}" if total is not None else ""
            left = f", {duration((total - done) / per_second)} left" if total is not None and done else ""
            click.echo(f"{self._title}: {done}{of} {self._unit}, {rate}{left}{', ' + note if note else ''}", err=True)


class StagedProgress:
    """Work in several stages, one after another, each with a bar of its own."""

    def __init__(self, unit: str, *, quiet: bool = False) -> None:
        self._unit, self._quiet = unit, quiet
        self._stage = ""
        self._bar: ProgressBar | None = None

    def __enter__(self) -> StagedProgress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.__exit__(kind, error, trace)

    def show(self, stage: str, done: int, total: int | None) -> None:
        """`total` None: nobody knows."""
        if stage != self._stage:
            self.__exit__(None, None, None)
            self._stage = stage
            self._bar = ProgressBar(stage, self._unit, quiet=self._quiet).__enter__()
        if self._bar:
            self._bar.show(done, total)

"""How an indexing run shows where it stands: a bar for a person, lines for a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress as Bar, TaskID, TextColumn, TimeRemainingColumn

from shelflens.cli.output import duration
from shelflens.indexing import Progress

LINE_SECONDS = 5.0  # between two lines of a log


class IndexProgress:
    """Always on standard error, so that standard output stays clean."""

    def __init__(self, *, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._lines = not self._console.is_terminal and not quiet
        self._bar: Bar | None = None
        self._task = TaskID(0)
        self._line_at = 0.0
        if self._console.is_terminal and not quiet:
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]:.0f} photos/s"),
                TimeRemainingColumn(),
                TextColumn("[red]{task.fields[bad]}[/red]"),
                console=self._console,
            )
            self._task = self._bar.add_task("indexing", total=None, rate=0.0, bad="")

    def __enter__(self) -> IndexProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        done = progress.kept + progress.bad
        rate = done / progress.seconds if progress.seconds else 0.0
        if self._bar:
            bad = f"{progress.bad} bad" if progress.bad else ""
            self._bar.update(self._task, completed=done, total=progress.total, rate=rate, bad=bad)
        elif self._lines and time.monotonic() - self._line_at >= LINE_SECONDS:
            self._line_at = time.monotonic()
            of = f"/{progress.total}" if progress.total is not None else ""
            left = f", {duration((progress.total - done) / rate)} left" if progress.total and rate else ""
            print(
                f"kept {progress.kept}{of} photos, {progress.bad} bad, {rate:.0f} photos/s{left}",
                file=sys.stderr,
                flush=True,
            )

"""Who does the bulk of a run, and what it is: a job on many photos, for threads of this process or for other machines.

Whoever does it, the caller gets the results in its own order and does all the writing; so the outcome is the same, and
a run that was stopped goes on in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, TypeVar

from shelflens.feed.base import PhotoPlace
from shelflens.indexing.reading import PhotoReader

Ticket = TypeVar("Ticket")


class Errand(Protocol):
    """One photo of a job, with what must be known of it. Made of values, for it may travel."""

    @property
    def place(self) -> PhotoPlace: ...


ErrandT = TypeVar("ErrandT", bound=Errand)
ErrandT_contra = TypeVar("ErrandT_contra", bound=Errand, contravariant=True)
Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True, slots=True)
class NeededFile:
    """A file that a job opens, besides photos: a model's."""

    path: Path  # absolute
    sha256: str  # hex


class Task(Protocol[ErrandT_contra, Result_co]):
    """A job that has begun. Safe to call from several threads; equal errands give equal results, in any order, however
    often they are done."""

    def read(self, place: PhotoPlace) -> bytes:
        """Raises PictureError."""
        ...

    def work(self, errand: ErrandT_contra, read: Callable[[], bytes]) -> Result_co:
        """What becomes of one photo; a bad one is a result, too. `read` gives its bytes, or raises PictureError."""
        ...

    def close(self) -> None: ...


class Job(Protocol[ErrandT_contra, Result_co]):
    """What is done with each photo. One that is to be done on other machines is made of values, for it travels."""

    @property
    def files(self) -> tuple[NeededFile, ...]:
        """What must be where it is done."""
        ...

    def moved(self, places: Mapping[Path, Path]) -> Self:
        """The same job where these files lie elsewhere."""
        ...

    def begin(self) -> Task[ErrandT_contra, Result_co]:
        """Once for each who works at it: loads the model. Raises ShelflensError."""
        ...

    def refused(self, errand: ErrandT_contra, reason: str) -> Result_co:
        """The result for a photo that nobody can do anything with."""
        ...


class Team(Protocol[ErrandT_contra, Result_co]):
    """Those who have begun a job."""

    def results(
        self, errands: Iterable[tuple[Ticket, ErrandT_contra | None]]
    ) -> Generator[tuple[Ticket, Result_co | None], None, None]:
        """Each ticket with its errand's result (None: there was none), in the order of `errands`, which are asked for
        as they are needed: a bounded number is under way. What has not begun when the caller stops is dropped. Raises
        what the job raises."""
        ...


class Workers(Protocol):
    """They do a job: the same results, whoever they are."""

    @property
    def elsewhere(self) -> bool:
        """Do errands and jobs leave this process?"""
        ...

    def hired(self, job: Job[ErrandT, Result], reader: PhotoReader) -> AbstractContextManager[Team[ErrandT, Result]]:
        """For as long as the context is open. `reader` reads here what cannot be read where they are. Raises
        ShelflensError."""
        ...

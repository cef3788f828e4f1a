"""`--server URL`: the command asks a server for the catalogue of that name, instead of opening a directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shelflens.attributes.description import Description
from shelflens.attributes.palette import Colour
from shelflens.calibrate.fusion import Contribution, Explanation
from shelflens.classify.answers import Answer
from shelflens.cli.progress import StagedProgress
from shelflens.errors import ShelflensError
from shelflens.search.pair import Comparison
from shelflens.types import Evidence, Match
from shelflens.verify.base import Line, Region

if TYPE_CHECKING:
    from shelflens.client import Client, Job, Label, RemoteCatalogue
    from shelflens.client import Comparison as RemoteComparison
    from shelflens.client import Description as RemoteDescription
    from shelflens.client import Explanation as RemoteExplanation
    from shelflens.client import Wish as RemoteWish
    from shelflens.search import Wish

Command = TypeVar("Command", bound=Callable[..., Any])


def server_options(command: Command) -> Command:
    command = click.option("--key", envvar="SHELFLENS_KEY", help="For --server; better in SHELFLENS_KEY.")(command)
    return click.option(
        "--server", metavar="URL", help="Ask a server that runs `shelflens serve`; CATALOGUE is the name there."
    )(command)


@contextmanager
def connected(server: str, key: str | None) -> Iterator[Client]:
    from shelflens.client import Client

    with Client(server, key=key) as client:
        yield client


@contextmanager
def remote(server: str, key: str | None, name: str) -> Iterator[RemoteCatalogue]:
    with connected(server, key) as client:
        yield client.catalogue(name)


def only_here(**given: object) -> None:
    """Raises UsageError where an option was given that a server cannot follow: a name and what was given for it."""
    for name, value in given.items():
        if value not in (None, False, ()):
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} needs the catalogue's directory; it does not go with --server")


def work(there: RemoteCatalogue, kind: str, *, quiet: bool = False, **request: Any) -> Mapping[str, Any]:
    """The result of a job that the server does for us, with its progress shown. Ctrl-C cancels it; what it wrote stays.

    Raises ShelflensError where it fails or somebody else cancels it.
    """
    job = there.start(kind, **request)
    with StagedProgress("photos", quiet=quiet) as progress:

        def tell(at: Job) -> None:
            if at.stage:
                progress.show(at.stage, at.done, at.total)

        try:
            job = there.wait(job, every=0.2, on_progress=tell)
        except KeyboardInterrupt:
            there.cancel(job.job_id)
            raise
    if job.state != "done":
        raise ShelflensError(f"{there.name}: the job {kind} is {job.state}{f': {job.error}' if job.error else ''}")
    return job.result or {}


# -- from the client's words to ours


def wished(wish: Wish) -> RemoteWish:
    from shelflens.client import Wish as RemoteWish

    return RemoteWish(wish.text, wish.minus, wish.text_weight, wish.more, wish.less)


def described(found: RemoteDescription) -> Description:
    return Description(
        colours=tuple(Colour(one.name, one.share, one.weight, one.hex.removeprefix("#")) for one in found.colours),
        category=labels_of(found.category),
        attributes={column: labels_of(labels) for column, labels in found.attributes.items()},
    )


def labels_of(found: Sequence[Label]) -> tuple[Answer, ...]:
    return tuple(Answer(one.label, one.probability) for one in found)


def compared(found: RemoteComparison) -> Comparison:
    """As a catalogue on this machine would say it."""
    comparison = _explained(found.explanation, found.probability, found.similarity, found.evidence)
    return replace(comparison, left_out=found.left_out, band=found.band)


def explained(match: Match, why: RemoteExplanation) -> Comparison:
    """A match of a search, and why."""
    similarity = next((one.value for one in match.evidence if one.name == "similarity"), match.score)
    return replace(_explained(why, match.probability, similarity, match.evidence), band=match.band)


def _explained(
    why: RemoteExplanation, probability: float | None, similarity: float, evidence: tuple[Evidence, ...]
) -> Comparison:
    parts = tuple(Contribution(one.name, one.log_odds) for one in why.contributions)
    return Comparison(
        similarity=similarity,
        evidence=evidence,
        explanation=None if probability is None else Explanation(probability, parts),
        lines={name: tuple(Line(one.query, one.photo) for one in lines) for name, lines in why.lines.items()},
        regions={
            name: tuple(Region(one.text, one.fits, one.share, one.query, one.photo) for one in regions)
            for name, regions in why.regions.items()
        },
    )

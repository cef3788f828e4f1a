"""A job done by actors of a Ray cluster, each with one core and the model in its memory.

The caller's process cuts the errands into parts, hands them out, a bounded number at a time, and gets the results in
order; actors keep nothing. So a lost actor costs the parts that it had, which another does again, and a lost caller
whatever it had not written.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic

from shelflens.cluster.connecting import checked, connected
from shelflens.cluster.luggage import pack
from shelflens.cluster.parts import Load, Part, parts
from shelflens.cluster.station import Absent, Parcel, Station
from shelflens.errors import ClusterError, PictureError, ShelflensError
from shelflens.feed.base import FilePhoto, UploadedPhoto
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.work import ErrandT, Job, Result, Ticket

logger = logging.getLogger("shelflens")

AHEAD: Final = 2  # loads that a worker has at once: it reads one while it works on the other
WINDOW: Final = 4  # parts under way per worker, those included that are done before their turn
GIVE_UP: Final = 8  # workers lost one after another, and every worker that often: then it is not the photos
PATIENCE_SECONDS: Final = 60.0  # until it is said that nobody has begun
LOOK_SECONDS: Final = 1.0  # until Ctrl-C is heard, at most


class RayWorkers:
    """A Workers: `ray:auto`, `ray:local`, `ray:HOST:PORT`."""

    elsewhere: Final = True

    def __init__(self, address: str, *, cores: int) -> None:
        """Connects when there is a job; `cores` are those of a local cluster. Raises ClusterError for what is no
        address."""
        self._address = checked(address)
        self._cores = cores

    @contextmanager
    def hired(self, job: Job[ErrandT, Result], reader: PhotoReader) -> Iterator[RayTeam[ErrandT, Result]]:
        with connected(self._address, cores=self._cores) as ray:
            team = RayTeam(ray, job, reader, count=_cores(ray, self._address))
            try:
                yield team
            finally:
                team.dismiss()


@dataclass(slots=True, eq=False)
class _Worker:
    actor: Any
    ready: bool = False  # it has begun the job
    blind: bool = False  # files of this machine are not on its node
    loads: list[Load[Any, Any, Any]] = field(default_factory=list)

    @property
    def free(self) -> bool:
        if any(load.alone for load in self.loads):
            return False
        return self.ready and len(self.loads) < AHEAD


class RayTeam(Generic[ErrandT, Result]):
    """A Team. `sent` counts the photos that were handed out, those that were done again each time."""

    def __init__(self, ray: Any, job: Job[ErrandT, Result], reader: PhotoReader, *, count: int) -> None:
        self._ray = ray
        self._job = job
        self._reader = reader
        self._luggage: Any = None  # the model's files in Ray's memory, once somebody has needed them
        self._workers: list[_Worker] = []
        self._beginning: dict[Any, _Worker] = {}  # by what Ray calls the call
        self._working: dict[Any, tuple[_Worker, Load[Any, ErrandT, Result]]] = {}
        self._again: deque[Load[Any, ErrandT, Result]] = deque()  # before anything new
        self.sent = 0
        self._lost = 0  # workers, since something was done
        self._patient_until = time.monotonic() + PATIENCE_SECONDS
        options = {"num_cpus": 1, "max_restarts": 0, "max_concurrency": AHEAD, "scheduling_strategy": "SPREAD"}
        self._station = ray.remote(**options)(Station)
        for _ in range(count):
            self._hire()

    def results(
        self, errands: Iterable[tuple[Ticket, ErrandT | None]]
    ) -> Generator[tuple[Ticket, Result | None], None, None]:
        source = parts(errands)
        order: deque[Part[Ticket, ErrandT, Result]] = deque()
        more = True
        try:
            while more or order:
                while order and not order[0].open:
                    yield from order.popleft().finished()
                room = more and len(order) < WINDOW * len(self._workers) and not self._again
                if room and (worker := self._least_busy()) is not None:
                    part = next(source, None)
                    more = part is not None
                    if part is not None:
                        order.append(part)
                        self._give(worker, Load(part, tuple(part.open)))
                    continue
                self._hand_out_again()
                if order[0].open if order else more:
                    self._hear()
        finally:
            for part in order:
                part.dropped = True
            self._again.clear()

    @property
    def ready(self) -> int:
        """Workers that have begun the job."""
        return sum(worker.ready for worker in self._workers)

    def dismiss(self) -> None:
        """What they have in hand is left undone."""
        for worker in self._workers:
            self._ray.kill(worker.actor)
        self._workers.clear()

    # -- who works

    def _hire(self) -> None:
        """One more; it works as soon as the cluster has a core for it and it has begun the job."""
        worker = _Worker(self._station.remote())
        self._workers.append(worker)
        self._beginning[worker.actor.begin.remote(self._job)] = worker

    def _least_busy(self) -> _Worker | None:
        """Who can take something that others have not been lost by."""
        free = [worker for worker in self._workers if worker.free]
        return min(free, key=lambda worker: len(worker.loads), default=None)

    def _hand_out_again(self) -> None:
        while self._again:
            worker = self._least_busy()
            if worker is None or (self._again[0].alone and worker.loads):
                return
            self._give(worker, self._again.popleft())

    def _give(self, worker: _Worker, load: Load[Any, ErrandT, Result]) -> None:
        parcels, at = [], []
        for place in load.at:
            errand = load.part.errands[place]
            assert errand is not None
            try:
                parcels.append(self._packed(errand, blind=worker.blind))
                at.append(place)
            except PictureError as error:
                load.part.results[place] = self._job.refused(errand, str(error))
        if at:
            load = Load(load.part, tuple(at), load.lost, alone=load.alone)
            worker.loads.append(load)
            self.sent += len(at)
            self._working[worker.actor.work.remote(parcels)] = (worker, load)

    def _packed(self, errand: ErrandT, *, blind: bool) -> Parcel[ErrandT]:
        """With the photo where the worker cannot read it itself. Raises PictureError."""
        place = errand.place
        if isinstance(place, UploadedPhoto) or (blind and isinstance(place, FilePhoto)):
            return Parcel(errand, data=self._reader.read(place))
        return Parcel(errand, length=_length(place) if isinstance(place, FilePhoto) else None)

    # -- what they say

    def _hear(self) -> None:
        """Waits until somebody has something to say, but not for ever."""
        calls = [*self._beginning, *self._working]
        ready, _ = self._ray.wait(calls, num_returns=1, timeout=LOOK_SECONDS)
        if not ready and time.monotonic() > self._patient_until and not any(one.ready for one in self._workers):
            self._patient_until = float("inf")
            logger.warning("no worker has begun yet: the Ray cluster has no core, or no memory, to spare")
        if ready:
            ready, _ = self._ray.wait(calls, num_returns=len(calls), timeout=0)
        for call in ready:
            if call in self._beginning:
                self._begun(call, self._beginning.pop(call))
            elif call in self._working:  # unless its worker was lost a moment ago
                self._worked(call, *self._working.pop(call))

    def _begun(self, call: Any, worker: _Worker) -> None:
        try:
            absent = self._answer(call)
        except _Lost:
            self._replace(worker)
            return
        if not absent:
            worker.ready = True
            return
        if self._luggage is None:
            self._luggage = self._ray.put(pack(self._job.files))
        self._beginning[worker.actor.begin.remote(self._job, self._luggage)] = worker

    def _worked(self, call: Any, worker: _Worker, load: Load[Any, ErrandT, Result]) -> None:
        try:
            results = self._answer(call)
        except _Lost:
            self._again_after_loss(load)
            self._replace(worker)
            return
        self._lost = 0
        worker.loads.remove(load)
        absent = []
        for at, result in zip(load.at, results, strict=True):
            if isinstance(result, Absent):
                absent.append(at)
            else:
                load.part.results[at] = result
        if absent and not load.part.dropped:
            worker.blind = True
            self._give(worker, Load(load.part, tuple(absent), load.lost, alone=load.alone))

    def _answer(self, call: Any) -> Any:
        """Raises what the job has raised there; _Lost when nobody is there to answer."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(call)
        except errors.RayTaskError as error:
            if isinstance(error.cause, ShelflensError):
                raise error.cause from None
            raise
        except (
            errors.RayActorError,
            errors.ActorUnschedulableError,
            errors.NodeDiedError,
            errors.ObjectLostError,
            errors.OutOfMemoryError,
            errors.WorkerCrashedError,
        ) as error:
            raise _Lost from error

    def _replace(self, worker: _Worker) -> None:
        """What it had is done again, by whoever is free."""
        self._ray.kill(worker.actor)
        self._workers.remove(worker)
        for call in [call for call, (whose, _) in self._working.items() if whose is worker]:
            self._again_after_loss(self._working.pop(call)[1])
        self._lost += 1
        if self._lost >= GIVE_UP * (1 + len(self._workers)):
            raise ClusterError(
                f"{self._lost} workers were lost one after another, and nothing was done; their logs are where Ray "
                "keeps them (usually /tmp/ray/session_latest/logs): is there memory enough for a model on every core?"
            )
        self._hire()

    def _again_after_loss(self, load: Load[Any, ErrandT, Result]) -> None:
        if load.part.dropped:
            return
        following = load.after_loss()
        self._again.extend(following)
        if not following:
            (at,) = load.at
            errand = load.part.errands[at]
            assert errand is not None
            load.part.results[at] = self._job.refused(
                errand, "the worker that looked at it was lost, again and again; look at this photo by itself"
            )


class _Lost(Exception):  # noqa: N818 - nobody's mistake
    """A worker, its process or its node."""


def _cores(ray: Any, address: str) -> int:
    """Of the whole cluster, those included that others, or workers that have just been dismissed, hold at the moment:
    whoever finds no core begins when there is one. Raises ClusterError."""
    cores = int(ray.cluster_resources().get("CPU", 0))
    if cores < 1:
        raise ClusterError(f"the nodes of the Ray cluster at {address} have no cores for workers (--num-cpus 0)")
    return cores


def _length(place: FilePhoto) -> int | None:
    try:
        return place.path.stat().st_size
    except OSError:
        return None

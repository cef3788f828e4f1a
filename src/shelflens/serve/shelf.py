"""The catalogues of a server, open, by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shelflens.assemble import Catalogue, open_catalogue
from shelflens.errors import ShelflensError
from shelflens.feed.base import PhotoPlace, UrlPhoto
from shelflens.picture import Limits, open_bytes
from shelflens.serve.bodies import PictureBody
from shelflens.serve.ledger import Ledger
from shelflens.serve.logs import log
from shelflens.serve.options import ServeOptions
from shelflens.serve.problems import Fault, Problem, explained
from shelflens.serve.rows import decoded
from shelflens.settings import Settings

REREAD_SECONDS = 0.5  # until what another process decided (model, evidence, calibration) is looked at
SILENCE_SECONDS = 1.0  # after which nobody knows what there still is; less than `promotion.spaces.SETTLED_SECONDS`


@dataclass(slots=True)
class Opened:
    """One catalogue with what the service needs beside it."""

    name: str
    catalogue: Catalogue
    ledger: Ledger
    limits: Limits
    _following: threading.Lock = field(default_factory=threading.Lock)
    _follower: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="follows"))
    _looked: float = field(default_factory=time.monotonic)
    _trouble: str = ""  # that was logged last

    def refresh(self) -> None:
        """Takes up what another process has changed about how searches are answered, another model included. No request
        waits for it, the former way answers until the new one is ready; but one that comes after a silence, in which
        the former one may have gone, does. Costs nothing mostly."""
        silent = time.monotonic() - self._looked
        if silent < REREAD_SECONDS or not self._following.acquire(blocking=False):
            return
        self._looked += silent
        if silent > SILENCE_SECONDS:
            self._follow(ahead=False)
            return
        self._follower.submit(self._follow)  # a new thread each time would keep the request until it has started

    def _follow(self, *, ahead: bool = True) -> None:
        try:
            self.catalogue.follow(ahead=ahead)
            self._trouble = ""
        except ShelflensError as error:
            if str(error) != self._trouble:  # once, not twice a second
                log("goes on as before", catalogue=self.name, reason=str(error))
            self._trouble = str(error)
        finally:
            self._following.release()

    def close(self) -> None:
        self._follower.shutdown()
        self.ledger.close()
        self.catalogue.close()

    def places(self, photos: Sequence[PictureBody]) -> tuple[list[PhotoPlace], list[Fault]]:
        """Where the photos of a row can be read, again and again; pictures that came as bytes are kept as files."""
        places: list[PhotoPlace] = []
        faults: list[Fault] = []
        for number, photo in enumerate(photos):
            if photo.url is not None:
                places.append(UrlPhoto(photo.url))
                continue
            try:
                data = decoded(photo.base64 or "")
                picture = open_bytes(data, name="the photo", side=16, limits=self.limits)
            except ShelflensError as error:
                faults.append(Fault(f"/photos/{number}/base64", str(error)))
            else:
                places.append(self.catalogue.uploads.keep(data, format=picture.format))
        return places, faults

    def warm(self) -> None:
        """Loads the model and the index, so that the first request does not wait for them."""
        if self.catalogue.records.active_space() is not None:
            len(self.catalogue.searcher.gallery)
        else:
            _ = self.catalogue.embedder


class Shelf:
    """Opens them all, or none."""

    def __init__(self, options: ServeOptions, settings: Settings) -> None:
        limits = Limits(max_bytes=options.max_picture, max_pixels=options.max_pixels)
        self._opened: dict[str, Opened] = {}
        try:
            for shelved in options.catalogues:
                catalogue = open_catalogue(shelved.path, create=options.create, settings=settings, limits=limits)
                self._opened[shelved.name] = Opened(shelved.name, catalogue, Ledger(catalogue.path), limits)
        except BaseException:
            self.close()
            raise

    def find(self, name: str) -> Opened | None:
        return self._opened.get(name)

    def explained(self, error: ShelflensError) -> Problem:
        problem = explained(error)
        problem.detail = self._discreet(str(problem.detail))
        return problem

    def _discreet(self, text: str) -> str:
        """A message with the catalogues' names in the place of their paths, which are nobody's business outside."""
        for opened in self.all():
            text = text.replace(str(opened.catalogue.path), opened.name)
        return text

    def all(self) -> tuple[Opened, ...]:
        return tuple(self._opened.values())

    def close(self) -> None:
        for opened in self._opened.values():
            opened.close()

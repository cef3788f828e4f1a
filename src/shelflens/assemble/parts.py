"""What a catalogue is made of: which embedder, verifiers, index and ranking work together, each made when needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from typing import Final

from shelflens.assemble.companions import Companions
from shelflens.assemble.documents import WORDS, Documents
from shelflens.assemble.making import made
from shelflens.assemble.model import ModelChoice
from shelflens.assemble.space import Workspace
from shelflens.assemble.speech import Ear
from shelflens.assemble.store import Store
from shelflens.assemble.tuning import Tuning, settle
from shelflens.assemble.vectors import VectorServer, index_maker, vector_server
from shelflens.attributes.palette import ColourDescriber
from shelflens.calibrate.calibration import Calibration, shipped_calibration
from shelflens.embed.base import Embedder, TextEmbedder
from shelflens.embed.texts import OnDemand, load_text_embedder
from shelflens.feed.base import BadRow, PhotoPlace
from shelflens.indexing import Crew, PhotoReader, Progress, Uploads
from shelflens.indexing.crew import nobody_listens
from shelflens.indexing.loading import load_workers
from shelflens.indexing.work import Workers
from shelflens.picture import FetchPolicy, Limits, decode_side
from shelflens.search import Gallery, Searcher, Verification, View, open_view
from shelflens.search.mirrored import MirroredVectors
from shelflens.search.ranking import Ranking
from shelflens.settings import Settings
from shelflens.verify.base import Describing, Verifier
from shelflens.verify.loading import load_verifier

#: What is made from one space's vectors and documents; searches take it from the searcher, as one.
OF_A_SPACE: Final[tuple[str, ...]] = ("gallery", "embedder", "_mirrored", "verification", "verifiers", "searcher")


class Parts:
    """The parts that are there are kept; `reread` says that what they were made from has changed."""

    def __init__(
        self,
        store: Store,
        *,
        model: str | None,
        settings: Settings,
        space: str | None = None,
        limits: Limits | None = None,
        may_locate: bool = False,
        tuning: Tuning | None = None,
        workers: str | None = None,
    ) -> None:
        """`space` is the one to work in, whichever searches use; None: that one. `limits` are those of a picture.
        `may_locate`: while there is no space, the first pictures decide whether the model gets a locator. `workers` do
        the work on many photos, by name; None: this process's threads."""
        self.changing = RLock()
        self.store = store
        self.path = store.location
        self.records = store.records
        self.settings = settings
        self.tuning = tuning or settle(settings)
        self.limits = limits or Limits()
        self.workers = workers
        self.space = Workspace(store.records, store.location, space)
        self._searched: VectorServer | None = None  # by the gallery
        self.documents = Documents(store.records, self.space)
        self.model = ModelChoice(self.space, asked=model, may_locate=may_locate)

    @property
    def cores(self) -> int:
        """Threads to use."""
        return self.settings.cores

    # -- from pictures to vectors

    @cached_property
    def reader(self) -> PhotoReader:
        return PhotoReader(limits=self.limits, policy=self.fetching, uploads=self.uploads)

    @property
    def fetching(self) -> FetchPolicy:
        return FetchPolicy(allowed_hosts=self.settings.allowed_hosts)

    @property
    def uploads(self) -> Uploads:
        return self.store.uploads

    @made
    def embedder(self) -> Embedder:
        """For lone pictures: queries, and photos that come one by one."""
        return self.model.load(threads=self.tuning.query_threads)

    @cached_property
    def companions(self) -> Companions:
        """Whose vectors a photo gets besides."""
        return Companions(self.records, threads=self.cores)

    def worker_embedder(self) -> Embedder:
        """A new one, for many pictures: every worker runs the model by itself, on one thread unless the machine was
        found to do better."""
        return self.model.load(threads=self.tuning.worker_threads)

    def crew(self, on_progress: Callable[[Progress], None] | None, on_bad: Callable[[BadRow], None] | None) -> Crew:
        """For a run over many photos."""
        return Crew(
            self.reader,
            self.tuning.workers,
            on_progress=on_progress or nobody_listens,
            on_bad=on_bad or nobody_listens,
            elsewhere=self.elsewhere,
        )

    @property
    def elsewhere(self) -> Workers | None:
        """Who does the work on many photos instead of this process."""
        return load_workers(self.workers, cores=self.cores) if self.workers else None

    # -- from vectors to answers

    @property
    def calibration(self) -> Calibration | None:
        """The catalogue's own; until it has one, what shelflens ships for its model and evidence; None: nothing."""
        if own := self.documents.calibration:
            return own
        model = self.records.spaces()[self.space.name].name
        return shipped_calibration(model, self.documents.evidence, views=self.ranking.views)

    @property
    def ranking(self) -> Ranking:
        """How products are ranked by their looks."""
        return self.documents.ranking or Ranking()

    @made
    def gallery(self) -> Gallery:
        space = self.space.name
        directory = self.index_directory
        self._searched = vector_server(self.records)
        login = self.settings.vectors_login
        maker = index_maker(self.records, location=self.path, space=space, directory=directory, login=login)
        return Gallery(self.records, space=space, maker=maker, snapshot=directory / f"{space}.vectors")

    @property
    def index_directory(self) -> Path:
        """Of this machine: what is in it can be made anew."""
        return self.store.directory / "index"

    @made
    def searcher(self) -> Searcher:
        choice, space = self.documents.texts, self.space.name
        return Searcher(
            self.records,
            self.gallery,
            self.embedder,
            self.verification,
            ranking=self.ranking,
            texts=OnDemand(space, partial(self.text_embedder, choice.name, space=space)) if choice else None,
            texts_share=choice.share if choice else 0.0,
        )

    def text_embedder(self, name: str, *, space: str | None = None) -> TextEmbedder:
        """Of a space (None: this one), by name. Raises ShelflensError."""
        its = Workspace(self.records, self.path, space or self.space.name)
        model = self.records.spaces()[its.name].name
        documents = Documents(self.records, its)
        return load_text_embedder(
            name, space=its.name, model=model, threads=self.cores, document=lambda: documents.tower
        )

    @property
    def side(self) -> int:
        """The scale at which a query is decoded, as the gallery's photos were."""
        return decode_side(self.searcher.embedder.manifest.preprocessing)

    def view(self, place: PhotoPlace) -> View:
        """A query photo, from where a feed says it is. Raises PictureError."""
        side = self.side
        return open_view(self.reader.read(place), name=place.source, side=side)

    @cached_property
    def ear(self) -> Ear:
        """What understands spoken questions."""
        return Ear(self.records)

    # -- what looks closer

    @made
    def verification(self) -> Verification | None:
        """None where nothing says how sure an answer may be."""
        calibration = self.calibration
        return Verification(self.records, self.verifiers, calibration) if calibration else None

    @made
    def verifiers(self) -> tuple[Verifier, ...]:
        """What the catalogue's evidence names."""
        return tuple(self.verifier(name) for name in self.documents.evidence)

    def verifier(self, name: str) -> Verifier:
        return load_verifier(name, self.documents.words) if name == WORDS else load_verifier(name)

    @property
    def describers(self) -> tuple[Describing, ...]:
        """What a photo is described by, beside its vector."""
        mirrored = (self._mirrored,) if self.ranking.mirrored else ()
        colours = (ColourDescriber(),) if self.documents.attributes is not None else ()
        return (*self.verifiers, *mirrored, *colours)

    @made
    def _mirrored(self) -> MirroredVectors:
        return MirroredVectors(self.worker_embedder())

    # -- changes

    def reread(self) -> None:
        """The documents of the catalogue have changed: what was made from them is made anew when it is needed."""
        with self.changing:
            held, space = self.__dict__, self.space.look()
            moved = ("gallery" in held and self.gallery.space != space) or (
                "embedder" in held and self.embedder.manifest.space != space
            )
            if "gallery" in held and self._searched != vector_server(self.records):
                self._drop("gallery")
            self._drop(
                "searcher", "verification", "verifiers", *(("gallery", "embedder", "_mirrored") if moved else ())
            )

    def keep_up(self) -> None:
        """To be called before photos are taken in: where the space that this works in was dropped since, it goes on in
        the one that searches use."""
        own = self.space.found
        if own is not None and own not in self.records.spaces():
            self.follow_space()

    def with_model(self, model: str | None, *, space: str) -> Parts:
        """The same catalogue in that space; `model` is the space's own, None: by its name."""
        return Parts(
            self.store,
            model=model,
            settings=self.settings,
            space=space,
            limits=self.limits,
            tuning=self.tuning,
            workers=self.workers,
        )

    def successor(self, space: str, *, heir_of: Parts | None = None) -> Parts:
        """The same catalogue in that space, by its documents as they are now, ready to answer. `heir_of` works there
        already: its embedder and its index serve the successor, too."""
        other = self.with_model(None, space=space)
        if heir_of is not None:
            held = heir_of.__dict__
            its = ("embedder", "gallery") if heir_of._searched == vector_server(self.records) else ("embedder",)
            other.__dict__.update({name: held[name] for name in its if name in held})
            other._searched = heir_of._searched
        len(other.searcher.gallery)
        return other

    def exchange(self, other: Parts) -> None:
        """What `other` is made of takes the place of what this is made of, for every thread at once, and the other way
        round. A search that has begun ends as it began."""
        with self.changing, other.changing:
            mine, its = (
                {name: one.__dict__.pop(name) for name in OF_A_SPACE if name in one.__dict__} for one in (self, other)
            )
            self.space.change_with(other.space)
            self.__dict__.update(its)
            other.__dict__.update(mine)
            self._searched, other._searched = other._searched, self._searched
            self.model.follow_space()

    def follow_space(self) -> None:
        """Another model is the one that searches use."""
        self.model.follow_space()
        self.reread()

    def follow_model(self) -> None:
        """Before there is a vector: another model is the one that will make them."""
        self._drop("embedder")

    def _drop(self, *names: str) -> None:
        for name in names:
            self.__dict__.pop(name, None)

    def close(self) -> None:
        self.reader.close()
        self.records.close()

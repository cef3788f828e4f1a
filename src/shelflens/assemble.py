"""Settings to working objects: the one place that decides which implementation runs. `shelflens.open` is here."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from shelflens import filters, plug
from shelflens.audit import Diagnosis, Duplicates, ask_customers, diagnose, find_duplicates
from shelflens.audit.copies import NEAR
from shelflens.audit.pictures import OPENED
from shelflens.audit.survey import OnProgress, nobody_listens, take_survey
from shelflens.calibrate.calibration import Calibration, default_calibration, shipped_calibration
from shelflens.calibrate.fitting import FitOptions
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError, PictureError, ShelflensError, SpaceError
from shelflens.evaluate import Evaluation, evaluate
from shelflens.export import export_parquet
from shelflens.feed.base import BadRow, Columns, Feed, PhotoPlace
from shelflens.feed.opening import open_feed
from shelflens.indexing import (
    Described,
    Describer,
    Framing,
    Indexer,
    PhotoReader,
    Progress,
    Reembedded,
    Reembedder,
    Report,
    Uploads,
    look_at_framing,
    place_of,
)
from shelflens.manifest import located_name, split_name
from shelflens.picture import FetchPolicy, Limits, decode_side, digest, open_bytes, thumbnail
from shelflens.promotion import Dropped, Promotion, Rollback, drop_others, first_space, promote, roll_back
from shelflens.promotion.naming import check_unseen, embedder_name
from shelflens.promotion.promoting import OnProgress as OnStage
from shelflens.records.base import Batch, Counts, Embedded, Records
from shelflens.search import Answer, Gallery, Options, PhotoLike, Searcher, Verification, View, open_view
from shelflens.search.choosing import Choice, choose
from shelflens.search.examples import Asked, asked
from shelflens.search.mirrored import MirroredVectors
from shelflens.search.ranking import Ranking, learned_whitening, shipped_ranking
from shelflens.search.searcher import embed_pictures
from shelflens.settings import Settings, from_environment
from shelflens.text.profile import details as label_details
from shelflens.text.profile import names as label_names
from shelflens.text.statistics import TextStatistics
from shelflens.types import Box, Match, Metric, Photo, Product
from shelflens.vectors.making import IndexMaker
from shelflens.verify.base import Describing, Verifier, key
from shelflens.verify.loading import kind_of, lasting, load_verifier

DEFAULT_MODEL = "lite0"
#: Documents of a catalogue.
EVIDENCE, CALIBRATION, RANKING, WORDS, FRAMING = "evidence", "calibration", "ranking", "words", "framing"


@dataclass(frozen=True, slots=True)
class Info:
    """What a catalogue holds."""

    path: str
    counts: Counts
    space: str | None
    model: str | None
    bytes_on_disk: int
    framing: Framing | None = None  # why the model has a locator, where nobody asked for one


class Catalogue:
    """A named set of products with their photos and vectors: one directory. Made by `shelflens.open`."""

    def __init__(
        self,
        path: Path,
        records: Records,
        *,
        model: str | None,
        settings: Settings,
        space: str | None = None,
        limits: Limits | None = None,
        may_locate: bool = False,
    ) -> None:
        """`space` is the one to work in, whichever searches use; None: that one. `limits` are those of a picture.
        `may_locate`: while there is no space, the first pictures decide whether the model gets a locator."""
        self._limits = limits or Limits()
        self.path = path
        self.records = records
        self._model = model
        self._settings = settings
        self._space = space
        self._may_locate = may_locate

    # -- what a shop does

    def index(
        self,
        *sources: str | Path | Feed,
        columns: Columns | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Report:
        """Takes in folders, tables and lists. Photos that the catalogue holds already are not embedded again.

        Into an empty catalogue that was made without a word on locators, the first source's pictures bring their own:
        `auto` if enough of them show a small product on a plain background (`Info.framing`). A Feed that is no path is
        left unread till then, for it may be one that can be read only once.
        """
        feeds = [_feed(source, columns) for source in sources]
        if sources and isinstance(sources[0], str | Path):
            self._settle_locator(feeds[0])
        report = Indexer(
            self.records,
            self._load_embedder(threads=1),  # every worker runs the model by itself
            self.reader,
            workers=self._settings.cores,
            on_progress=on_progress or _ignore,
            on_bad=on_bad or _ignore,
        ).run(feeds)
        if not report.interrupted:
            self.gallery.refresh()
            self.gallery.save()
        return report

    def look_closer(
        self,
        names: Sequence[str] = (),
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Described:
        """From now on, searches use these verifiers too; describes every photo that one of the catalogue's lacks.

        Stop it at any time; calling it again goes on. Photos are read again from their sources.
        """
        named = {kind_of(name): lasting(name) for name in (*self.evidence, *names)}  # of one kind the last
        wanted = sorted(named.values())
        if WORDS in wanted:
            statistics = TextStatistics.of((*label_names(p), *label_details(p)) for p in self.records.products())
            self.records.keep(WORDS, statistics.to_bytes().decode())
        verifiers = [self._verifier(name) for name in wanted]
        for verifier in verifiers:  # a name that is unknown, or lacks what it needs, raises before anything changes
            verifier.describe(_blank())
        if wanted and not self.evidence and not self._kept(RANKING):
            counts = self.records.counts()
            self._keep(RANKING, shipped_ranking(photos=counts.photos, products=counts.products).to_json())
        self.records.keep(EVIDENCE, json.dumps(wanted))
        self.reread()
        return Describer(
            self.records,
            self.describers,
            self.reader,
            workers=self._settings.cores,
            on_progress=on_progress or _ignore,
            on_bad=on_bad or _ignore,
        ).run()

    def calibrate(
        self, *, options: FitOptions | None = None, on_progress: Callable[[int, int], None] | None = None
    ) -> Choice:
        """Learns from the catalogue's own photos which ranking finds most and how sure an answer may be; keeps both.

        Raises CatalogueError when too few products have photos from two occasions.
        """
        verification = Verification(self.records, self.verifiers, default_calibration())  # only its evidence is used
        queries = asked(self.records, space=self.space, occasions_in=first_space(self.records))
        choice = choose(
            self.gallery,
            verification,
            self._rankings(queries),
            data=f"photos of catalogue {self.path.name}",
            options=options,
            on_progress=on_progress,
        )
        self._keep(RANKING, choice.best.ranking.to_json())
        self._keep(CALIBRATION, choice.best.fitted.calibration.to_json())
        self.reread()
        return choice

    def search(
        self,
        *photos: PhotoLike,
        k: int = 10,
        filter: str | filters.Filter | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        box: Box | None = None,
    ) -> list[Match]:
        """Products that look like the one thing that all `photos` show, best first.

        `threshold` is the least cosine, or the greatest distance when the metric is Euclidean. `box` is where the
        thing is in the photos.
        """
        return list(self.answer(photos, _options(k, filter, metric, threshold), box=box).matches)

    def like(
        self,
        product_id: str,
        *,
        k: int = 10,
        filter: str | filters.Filter | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
    ) -> list[Match]:
        """Products that look like one of the catalogue, itself left out."""
        return list(self.searcher.search_like(product_id, _options(k, filter, metric, threshold)).matches)

    def answer(self, photos: Sequence[PhotoLike], options: Options, *, box: Box | None = None) -> Answer:
        """`search` with its options as a value and with its times."""
        side = decode_side(self.searcher.embedder.manifest.preprocessing)
        views = [open_view(photo, side=side, box=box, limits=self._limits) for photo in photos]
        return self.searcher.search(views, options)

    def product(self, product_id: str) -> Product | None:
        return self.records.product(product_id)

    def remove(self, product_ids: Sequence[str]) -> int:
        """Forgets products with their photos; returns how many there were."""
        photos = [photo for one in product_ids for _, photo in self.records.photos_of(one)] if self.uploads else []
        removed = self.records.remove_products(product_ids)
        self._forget_uploads(photos)
        return removed

    def add_photo(self, product_id: str, data: bytes, *, source: str = "") -> Photo:
        """Takes in one photo of a product that is there, durably. `source` is the address it was read from; without
        one the bytes are kept as a file of the catalogue. Raises PictureError; CatalogueError: no such product."""
        if self.product(product_id) is None:
            raise CatalogueError(f"no product {product_id!r}; put it first")
        embedder, photo_id = self.embedder, digest(data)
        space = self.records.add_space(embedder.manifest)
        side = decode_side(embedder.manifest.preprocessing)
        picture = open_bytes(data, name=source or "the photo", side=side, limits=self._limits)
        if self.records.known([photo_id], space=space):
            vector = self.records.vectors([photo_id], space=space)[0]
        else:
            vector = embedder.embed([picture.image])[0]
        source = source or str(self.uploads.keep(data, format=picture.format))
        photo = Photo(photo_id, product_id, source, picture.width, picture.height)
        self.records.write(Batch(photos=[Embedded(photo, vector, thumbnail(picture.image))]), space=space)
        if self.describers:
            full = open_bytes(data, limits=self._limits).image
            for describer in self.describers:
                self.records.describe(key(describer), {photo_id: describer.describe(full)})
        return photo

    def remove_photo(self, product_id: str, photo_id: str) -> bool:
        """Forgets one photo of a product; False when it has no such photo."""
        keyed = [(number, photo) for number, photo in self.records.photos_of(product_id) if photo.photo_id == photo_id]
        removed = self.records.remove_photos(np.array([number for number, _ in keyed], np.int64)) > 0
        self._forget_uploads([photo for _, photo in keyed])
        return removed

    def replace(self, product: Product) -> None:
        """Sets every field of a product that is there."""
        self.records.replace_product(product)

    def export(self, path: str | Path) -> int:
        """Writes one Parquet file with vectors; returns its rows."""
        return export_parquet(self.records, space=self.space, path=Path(path))

    def evaluate(
        self,
        queries: str | Path | Feed,
        *,
        columns: Columns | None = None,
        on_progress: Callable[[int], None] | None = None,
        seed: int = 0,
    ) -> Evaluation:
        """Scores searches for the photos of a table with columns photo, product_id[, category].

        `on_progress` hears how many queries have been answered; `seed` draws the bootstrap intervals.
        """
        feed = _feed(queries, columns)
        return evaluate(self.searcher, feed, read=self.view, progress=on_progress, seed=seed)

    def duplicates(self, *, near: float = NEAR, on_progress: OnProgress = nobody_listens) -> Duplicates:
        """Pictures and products that are there twice; `near` is the cosine from which two pictures are compared."""
        survey = take_survey(self.gallery, on_progress=on_progress)
        return find_duplicates(survey, self.records, near=near, workers=self._settings.cores, on_progress=on_progress)

    def doctor(
        self,
        queries: str | Path | Feed | None = None,
        *,
        columns: Columns | None = None,
        opened: int = OPENED,
        seed: int = 0,
        on_progress: OnProgress = nobody_listens,
    ) -> Diagnosis:
        """What is wrong or weak in the catalogue; `opened` is how many photos are opened and looked at.

        `queries`, a table as for `evaluate`, are asked too: what customers' photos miss, and what would help.
        """
        survey = take_survey(self.gallery, on_progress=on_progress)
        customers = None
        if queries is not None:
            rows = _feed(queries, columns)
            customers = ask_customers(self.searcher, survey, rows, read=self.view, on_progress=on_progress)
        return diagnose(
            self.gallery,
            survey,
            opened=opened,
            workers=self._settings.cores,
            seed=seed,
            customers=customers,
            on_progress=on_progress,
        )

    def promote(
        self,
        model: str,
        *,
        queries: str | Path | Feed | None = None,
        columns: Columns | None = None,
        force: bool = False,
        allow_missing: bool = False,
        seed: int = 0,
        on_progress: OnStage = nobody_listens,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Promotion:
        """Embeds the photos with another model too, compares both on `queries` (None: the catalogue's own photos), and
        switches if the new one is better by more than chance, or if forced. The old space stays: `roll_back`.

        `allow_missing`: photos that cannot be read again do not hold up the switch, although searches would not find
        them any more. Raises ShelflensError when there is nothing to compare.
        """
        if queries is None and not force:
            check_unseen(model)
        new = self.beside(embedder_name(model))
        try:
            promotion = promote(
                self,
                new,
                queries=queries,
                columns=columns,
                force=force,
                allow_missing=allow_missing,
                seed=seed,
                on_progress=on_progress,
                on_bad=on_bad or _ignore,
            )
        finally:
            new.reader.close()
        self._changed_space()
        return promotion

    def roll_back(self) -> Rollback:
        """Searches use the model from before the last promotion again, at once. Raises CatalogueError."""
        back = roll_back(self.records)
        self._changed_space()
        return back

    def drop_others(self) -> tuple[Dropped, ...]:
        """Forgets the spaces that searches do not use. There is no way back to these."""
        dropped = drop_others(self.records, documents=(CALIBRATION, RANKING))
        for one in dropped:
            for file in (self.path / "index").glob(f"{one.model.space}.*"):
                file.unlink(missing_ok=True)
        return dropped

    def beside(self, model: str) -> Catalogue:
        """The same catalogue with another model: what searches would be if they used it."""
        manifest = load_embedder(model, threads=1).manifest
        if manifest.space == self.space:
            raise CatalogueError(f"{self.path} uses {manifest.name} already (space {manifest.space})")
        space = self.records.add_space(manifest)
        other = Catalogue(
            self.path, self.records, model=model, settings=self._settings, space=space, limits=self._limits
        )
        if self.ranking.views and not other._kept(RANKING):  # which suit any model; a whitening is one model's
            other._keep(RANKING, replace(self.ranking, whitening=None).to_json())
        return other

    def fill(
        self,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Reembedded:
        """Gives every photo that lacks one a vector in this space, as after `roll_back`."""
        return Reembedder(
            self.records,
            self._load_embedder(threads=1),
            self.reader,
            workers=self._settings.cores,
            on_progress=on_progress or _ignore,
            on_bad=on_bad or _ignore,
        ).run()

    def info(self) -> Info:
        manifests = self.records.spaces()
        space = self._space or self.records.active_space()
        size = sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
        model = manifests[space].name if space else None
        kept = self.records.kept(FRAMING)
        framing = Framing.from_json(kept, where=f"{self.path}, framing") if kept else None
        chosen = framing if framing and model and split_name(model)[0] == framing.locator else None
        return Info(str(self.path), self.records.counts(), space, model, size, chosen)

    # -- what it is made of

    @property
    def evidence(self) -> tuple[str, ...]:
        """The verifiers that searches use."""
        return tuple(json.loads(self.records.kept(EVIDENCE) or "[]"))

    @property
    def calibration(self) -> Calibration | None:
        """The catalogue's own; until it has one, what shelflens ships for its model and evidence; None: nothing."""
        if kept := self._kept(CALIBRATION):
            return Calibration.from_json(kept, where=f"{self.path}, calibration")
        model = self.records.spaces()[self.space].name
        return shipped_calibration(model, self.evidence, views=self.ranking.views)

    @property
    def calibrated(self) -> bool:
        """Has it a calibration of its own?"""
        return self._kept(CALIBRATION) is not None

    @property
    def ranking(self) -> Ranking:
        """How products are ranked by their looks."""
        kept = self._kept(RANKING)
        return Ranking.from_json(kept, where=f"{self.path}, ranking") if kept else Ranking()

    @property
    def space(self) -> str:
        """The space that searches use, or the one that this object was made for."""
        if space := self._space or self.records.active_space():
            return space
        raise CatalogueError(f"{self.path} is empty; fill it first: shelflens index {self.path} SOURCE")

    @cached_property
    def reader(self) -> PhotoReader:
        return PhotoReader(limits=self._limits, policy=FetchPolicy(allowed_hosts=self._settings.allowed_hosts))

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.path / "photos")

    @cached_property
    def embedder(self) -> Embedder:
        """For lone pictures: queries, and photos that come one by one."""
        return self._load_embedder(threads=self._settings.cores)

    @cached_property
    def searcher(self) -> Searcher:
        return Searcher(self.records, self.gallery, self.embedder, self.verification, ranking=self.ranking)

    @cached_property
    def verification(self) -> Verification | None:
        """None where nothing says how sure an answer may be."""
        calibration = self.calibration
        return Verification(self.records, self.verifiers, calibration) if calibration else None

    @property
    def describers(self) -> tuple[Describing, ...]:
        """What a photo is described by, beside its vector."""
        return (*self.verifiers, self._mirrored) if self.ranking.mirrored else self.verifiers

    @cached_property
    def _mirrored(self) -> MirroredVectors:
        return MirroredVectors(self._load_embedder(threads=1))  # every worker runs the model by itself

    @cached_property
    def verifiers(self) -> tuple[Verifier, ...]:
        """What `evidence` names."""
        return tuple(self._verifier(name) for name in self.evidence)

    @cached_property
    def gallery(self) -> Gallery:
        space = self.space
        directory = self.path / "index"
        maker = IndexMaker(self.records.spaces()[space].dimension, directory)
        return Gallery(self.records, space=space, maker=maker, snapshot=directory / f"{space}.vectors")

    def view(self, place: PhotoPlace) -> View:
        """A query photo, from where a feed says it is. Raises PictureError."""
        side = decode_side(self.searcher.embedder.manifest.preprocessing)
        return open_view(self.reader.read(place), name=place.source, side=side)

    def _settle_locator(self, feed: Feed) -> None:
        """Once, before there is a vector."""
        if not self._may_locate or self._space or self.records.active_space():
            return
        framing = look_at_framing(feed, self.reader, workers=self._settings.cores)
        if framing.locator != "whole":
            self._model = located_name(framing.locator, self._model or DEFAULT_MODEL)
            self._may_locate = False
            self.records.keep(FRAMING, framing.to_json())
            self.__dict__.pop("embedder", None)

    def _forget_uploads(self, photos: Sequence[Photo]) -> None:
        """The files of uploaded photos that no product has any more."""
        gone = {photo.photo_id for photo in photos}
        if gone and self.uploads:
            self.uploads.forget(gone - self.records.known(sorted(gone), space=self.space))

    def _rankings(self, queries: Sequence[Asked]) -> list[tuple[Ranking, Sequence[Asked]]]:
        """Those worth a trial, with the queries as each sees them. First what is taken unless another is clearly
        better: photos whitened where there are enough. Photos that cannot be read again leave no trial of views."""
        measured = "measured on the catalogue's own photos"
        plain = Ranking(why=measured)
        usual = replace(plain, whitening=learned_whitening(self.records, space=self.space))
        found: list[tuple[Ranking, Sequence[Asked]]] = [(usual, queries)]
        if usual.whitening:
            found.append((plain, queries))
        views = replace(usual, views=True)
        with suppress(PictureError):
            embedder, pictures = self.embedder, (self.view(place_of(query.photo)).scaled for query in queries)
            seen = [embed_pictures(embedder, [picture], views)[0] for picture in pictures]
            found.append((views, [replace(query, vector=vector) for query, vector in zip(queries, seen, strict=True)]))
        return found

    def _verifier(self, name: str) -> Verifier:
        if name != WORDS:
            return load_verifier(name)
        kept = self.records.kept(WORDS)
        return load_verifier(name, TextStatistics.from_bytes(kept.encode()) if kept else None)

    def _kept(self, document: str) -> str | None:
        """A document that was made from the vectors of this space, and says nothing of another's."""
        return self.records.kept(f"{document}@{self._space or self.records.active_space()}")

    def _keep(self, document: str, text: str) -> None:
        self.records.keep(f"{document}@{self.space}", text)

    def documents(self) -> tuple[str | None, ...]:
        """What decides, besides products and photos, how searches are answered."""
        space = self.records.active_space()
        own = [f"{name}@{space}" for name in (CALIBRATION, RANKING)]
        return (space, *(self.records.kept(name) for name in (EVIDENCE, WORDS, *own)))

    def reread(self) -> None:
        """The documents of the catalogue have changed: what was made from them is made anew when it is needed."""
        held, space = self.__dict__, self._space or self.records.active_space()
        moved = ("gallery" in held and self.gallery.space != space) or (
            "embedder" in held and self.embedder.manifest.space != space
        )
        for name in ("searcher", "verification", "verifiers", *(("gallery", "embedder") if moved else ())):
            self.__dict__.pop(name, None)

    def _changed_space(self) -> None:
        """Another model is the one that searches use."""
        self._model = None
        self.reread()

    def close(self) -> None:
        self.reader.close()
        self.records.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _load_embedder(self, *, threads: int) -> Embedder:
        """The model of the catalogue's vectors; the one asked for, or the default, while it has none."""
        space = self._space or self.records.active_space()
        if space is None:
            return load_embedder(self._model or DEFAULT_MODEL, threads=threads)
        stored = self.records.spaces()[space]
        wanted = self._model or stored.name
        embedder = load_embedder(wanted, threads=threads)
        locator, model = split_name(stored.name)
        if self._may_locate and embedder.manifest.name == model != stored.name:  # asked for; the locator was not
            embedder = load_embedder(located_name(locator, wanted), threads=threads)
        if embedder.manifest.space != space:
            raise SpaceError(
                f"{self.path} holds vectors of {stored.name} (space {space}); {embedder.manifest.name} as installed "
                f"here is space {embedder.manifest.space}. Use the catalogue's model, or index into a new catalogue"
            )
        return embedder


def open_catalogue(
    path: str | Path,
    *,
    create: bool = False,
    model: str | None = None,
    locate: str | None = None,
    settings: Settings | None = None,
    limits: Limits | None = None,
) -> Catalogue:
    """Opens the catalogue in a directory; with `create`, makes it when nothing is there.

    `model` names the embedder of a new catalogue (default lite0), `locate` what of a picture it sees: "whole", "auto",
    "plain", "activations", "detector:PATH"; None: what suits the first pictures that are indexed. A catalogue keeps
    what it was made with. `limits` are those of one picture.
    """
    path = Path(path)
    if not path.exists() and not create:
        raise CatalogueError(f"no catalogue at {path}; make one: shelflens index {path} SOURCE")
    records: Records = plug.find("records", "sqlite")(path, create=create)
    chosen = locate is not None or (model is not None and split_name(model)[1] != model)
    return Catalogue(
        path,
        records,
        model=located_name(locate, model or DEFAULT_MODEL) if locate not in (None, "whole") else model,
        settings=settings or from_environment(os.environ),
        limits=limits,
        may_locate=not chosen,
    )


def _ignore(_event: object) -> None:
    """Nobody listens."""


def can_look_closer(name: str) -> bool:
    """Whether what the verifier needs is installed. Raises ShelflensError when there is no such verifier."""
    plug.find("verifiers", kind_of(name))
    try:
        load_verifier(name).describe(_blank())
    except ShelflensError:
        return False
    return True


def _blank() -> Image.Image:
    return Image.new("RGB", (64, 64))


def _feed(source: str | Path | Feed, columns: Columns | None) -> Feed:
    return open_feed(str(source), columns=columns or Columns()) if isinstance(source, str | Path) else source


def _options(k: int, condition: str | filters.Filter | None, metric: Metric, threshold: float | None) -> Options:
    parsed = filters.parse(condition) if isinstance(condition, str) else condition
    return Options(k=k, metric=metric, condition=parsed, threshold=threshold)

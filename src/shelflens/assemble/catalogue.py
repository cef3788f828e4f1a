"""What a shop does with a catalogue, a method for each; the work itself is done by the parts below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from shelflens import filters
from shelflens.assemble import auditing, calibrating, evidence, facts, filling, promoting, wording
from shelflens.assemble.composed import Composed
from shelflens.assemble.describing import Attributes, carried
from shelflens.assemble.facts import Info
from shelflens.assemble.parts import Parts
from shelflens.assemble.photos import add_photo, remove_photo, remove_products
from shelflens.assemble.shopping import Shoppers
from shelflens.assemble.upgrading import Upgrades
from shelflens.audit import Diagnosis, Duplicates
from shelflens.audit.copies import NEAR
from shelflens.audit.pictures import OPENED
from shelflens.audit.survey import OnProgress, nobody_listens
from shelflens.calibrate.fitting import FitOptions
from shelflens.embed.texts import TOWER, TextChoice
from shelflens.evaluate import Evaluation, evaluate
from shelflens.export import export_parquet
from shelflens.feed.base import BadRow, Columns, Feed
from shelflens.feed.opening import open_feed
from shelflens.indexing import Described, Progress, Reembedded, Report
from shelflens.picture import decode_side
from shelflens.promotion import Dropped, Promotion, Rollback, promote, roll_back
from shelflens.promotion import OnProgress as OnStage
from shelflens.promotion.naming import check_unseen, embedder_name, trained
from shelflens.search import Answer, Options, PhotoLike, Wish, open_view
from shelflens.search.choosing import Choice
from shelflens.search.wish import WEIGHT
from shelflens.speech.recording import read_wav, read_wav_file
from shelflens.tower.judging import OnStage as OnLearning
from shelflens.types import Box, Match, Metric, Photo, Product


class Catalogue(Composed):
    """A named set of products with their photos and vectors: a directory, or shared in a database. Made by
    `shelflens.open`."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self.shoppers = Shoppers(parts)
        self.attributes = Attributes(parts)
        self.upgrades = Upgrades(parts, self)

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
            filling.settle_locator(self._parts, feeds[0])
        return filling.index(self._parts, feeds, on_progress=on_progress, on_bad=on_bad)

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
        return evidence.look_closer(self._parts, names, on_progress=on_progress, on_bad=on_bad)

    def calibrate(
        self,
        queries: str | Path | Feed | None = None,
        *,
        columns: Columns | None = None,
        options: FitOptions | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Choice:
        """Learns which ranking finds most and how sure an answer may be, and keeps both: from `queries`, a table as for
        `evaluate`, or (None) from the catalogue's own photos.

        Raises CatalogueError when too few products have queries; their own photos must be from two occasions.
        """
        feed = None if queries is None else _feed(queries, columns)
        return calibrating.calibrate(self._parts, queries=feed, options=options, on_progress=on_progress, on_bad=on_bad)

    def learn_words(self, *, model: str = TOWER, on_progress: OnLearning | None = None) -> TextChoice:
        """Learns from the catalogue's own texts and photos what words look like; searches by words use it from now on.

        `model`: "tower", or one that has learnt it elsewhere and made the catalogue's vectors too (`hub:clip-base`).
        Raises CatalogueError when too few products have words and photos. Learn again when many products have changed.
        """
        return wording.learn(self._parts, model=model, on_progress=on_progress)

    @property
    def hears(self) -> bool:
        """Can `hear` understand anything? Its recogniser is an extra."""
        return self._parts.ear.able

    def hear(self, recording: str | Path | bytes) -> str:
        """The words of a spoken question, in a WAV file, by the words of the catalogue. Raises SpeechError."""
        samples = read_wav(recording) if isinstance(recording, bytes) else read_wav_file(Path(recording))
        return self._parts.ear.hear(samples)

    def search(
        self,
        *photos: PhotoLike,
        k: int = 10,
        filter: str | filters.Filter | None = None,
        metric: Metric = Metric.COSINE,
        threshold: float | None = None,
        box: Box | None = None,
        text: str = "",
        minus: str = "",
        text_weight: float = WEIGHT,
        more: Sequence[str] = (),
        less: Sequence[str] = (),
        user: str | None = None,
    ) -> list[Match]:
        """Products that look like the one thing that all `photos` show, best first.

        `threshold` is the least cosine, or the greatest distance when the metric is Euclidean. `box` is where the
        thing is in the photos. `text` says in words what is wanted, `minus` what is not, beside photos or without any;
        `more` and `less` are ids of products to find more or less like (`search.Wish`). `user` is whose taste orders
        what is about equally good (`shoppers`).
        """
        wish = Wish(text, minus, text_weight, tuple(more), tuple(less))
        options = _options(k, filter, metric, threshold)
        return list(self.answer(photos, options, box=box, wish=wish, user=user).matches)

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

    def answer(
        self,
        photos: Sequence[PhotoLike],
        options: Options,
        *,
        box: Box | None = None,
        wish: Wish | None = None,
        user: str | None = None,
    ) -> Answer:
        """`search` with its options as a value and with its times."""
        searcher, limits = self.searcher, self._parts.limits
        side = decode_side(searcher.embedder.manifest.preprocessing)
        views = [open_view(photo, side=side, box=box, limits=limits) for photo in photos]
        return self.shoppers.searched(lambda asked: searcher.search(views, asked, wish), options, user)

    def product(self, product_id: str) -> Product | None:
        return self.records.product(product_id)

    def remove(self, product_ids: Sequence[str]) -> int:
        """Forgets products with their photos; returns how many there were."""
        return remove_products(self._parts, product_ids)

    def add_photo(self, product_id: str, data: bytes, *, source: str = "") -> Photo:
        """Takes in one photo of a product that is there, durably. `source` is the address it was read from; without
        one the bytes are kept as a file of the catalogue. Raises PictureError; CatalogueError: no such product."""
        photo = add_photo(self._parts, product_id, data, source=source)
        self.attributes.refresh(product_id)
        return photo

    def remove_photo(self, product_id: str, photo_id: str) -> bool:
        """Forgets one photo of a product; False when it has no such photo."""
        removed = remove_photo(self._parts, product_id, photo_id)
        self.attributes.refresh(product_id)
        return removed

    def replace(self, product: Product) -> None:
        """Sets every field of a product that is there."""
        self.records.replace_product(product)
        self.attributes.refresh(product.product_id)

    def change(self, product_id: str, change: Callable[[Product | None], Product]) -> Product:
        """Sets a product to what `change` makes of it (None: there is none) and returns it as it is kept: what is seen
        of its photos stays with it (`attributes`). Nothing is written when `change` raises."""
        if not self.attributes.kept:
            return self.records.change_product(product_id, change)
        changed = self.records.change_product(product_id, lambda known: carried(known, change(known)))
        return self.attributes.refresh(product_id) or changed

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
        return auditing.duplicates(self._parts, near=near, on_progress=on_progress)

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
        rows = None if queries is None else _feed(queries, columns)
        return auditing.doctor(self._parts, rows, opened=opened, seed=seed, on_progress=on_progress)

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
                by_heart=trained(model),
                force=force,
                allow_missing=allow_missing,
                seed=seed,
                on_progress=on_progress,
                on_bad=on_bad,
            )
        finally:
            new.reader.close()
        self._parts.follow_space()
        return promotion

    def roll_back(self) -> Rollback:
        """Searches use the model from before the last promotion again, at once. Raises CatalogueError."""
        back = roll_back(self.records)
        self._parts.follow_space()
        return back

    def drop_others(self) -> tuple[Dropped, ...]:
        """Forgets the spaces that searches do not use. There is no way back to these."""
        return promoting.drop_others(self._parts)

    def beside(self, model: str) -> Catalogue:
        """The same catalogue with another model: what searches would be if they used it."""
        return Catalogue(promoting.beside(self._parts, model))

    def fill(
        self,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Reembedded:
        """Gives every photo that lacks one a vector in this space, as after `roll_back`."""
        return filling.fill(self._parts, on_progress=on_progress, on_bad=on_bad)

    def info(self) -> Info:
        return facts.info(self._parts)

    def documents(self) -> tuple[str | None, ...]:
        """What decides, besides products and photos, how searches are answered."""
        return self._parts.documents.deciding()

    def reread(self) -> None:
        """The documents of the catalogue have changed: what was made from them is made anew when it is needed."""
        self._parts.reread()
        self.attributes.reread()

    def follow(self, *, ahead: bool = True) -> None:
        """As `reread`, for a server: no search waits until what has changed is made anew (`Upgrades.follow`)."""
        self.upgrades.follow(self.attributes.reread, ahead=ahead)

    def close(self) -> None:
        self.shoppers.close()
        self._parts.close()

    def __enter__(self) -> Catalogue:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _feed(source: str | Path | Feed, columns: Columns | None) -> Feed:
    return open_feed(str(source), columns=columns or Columns()) if isinstance(source, str | Path) else source


def _options(k: int, condition: str | filters.Filter | None, metric: Metric, threshold: float | None) -> Options:
    parsed = filters.parse(condition) if isinstance(condition, str) else condition
    return Options(k=k, metric=metric, condition=parsed, threshold=threshold)

"""Findings as a page of pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TypeVar

from shelflens.audit.charts import growth_chart, photos_chart
from shelflens.audit.confusions import ConfusedGroup
from shelflens.audit.customers import FailingProduct
from shelflens.audit.doctor import Diagnosis
from shelflens.audit.duplicates import Duplicates, Kind, PhotoGroup, ProductGroup
from shelflens.audit.labels import Suspect
from shelflens.audit.pictures import Fault, FaultyPhoto, GalleryPictures
from shelflens.audit.survey import Survey
from shelflens.pages.audit import AuditPage, Case, NeedRow, Section, Shown, ThinRow, Tile, audit_page
from shelflens.pages.audit_texts import AUDIT_ENGLISH as WORDS
from shelflens.pages.chart import Chart
from shelflens.pages.report import Fact
from shelflens.pages.writing import write_text
from shelflens.records.base import Records
from shelflens.types import Photo, Product

Finding = TypeVar("Finding")

SIDE = 240  # pixels of the pictures on the page
CASES = 36  # of one kind on the page
ROWS = 40  # of a table
VIEWS = 4  # pictures of a product
TOGETHER = 8  # products or copies shown in one group


def write_diagnosis(found: Diagnosis, path: Path, *, records: Records, title: str) -> Path:
    """Writes the page, whole or not at all, and returns where it is: `path`, or index.html in it if it is a folder."""
    return _write(path, audit_page(_Pages(found.survey, records).diagnosis(found, title)))


def write_duplicates(found: Duplicates, path: Path, *, records: Records, title: str) -> Path:
    """Writes the page as `write_diagnosis` does."""
    return _write(path, audit_page(_Pages(found.survey, records).duplicates(found, title)))


def _write(path: Path, html: str) -> Path:
    target = path if path.suffix.lower() in (".html", ".htm") and not path.is_dir() else path / "index.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, html)
    return target


class _Pages:
    """Findings to page values; reads what the page shows and no more."""

    def __init__(self, survey: Survey, records: Records) -> None:
        self._survey, self._records = survey, records
        pictures = GalleryPictures(records)
        self._jpeg: Callable[[int], bytes] = lru_cache(maxsize=4096)(
            lambda place: pictures.jpeg(photo, side=SIDE) if (photo := self._photo(place)) else b""
        )

    # -- health

    def diagnosis(self, found: Diagnosis, title: str) -> AuditPage:
        likely = sum(it.likely for it in found.suspects)
        confused = sum(len(group.products) for group in found.confused)
        judged = int(found.left_out.judged.sum())
        right = int(found.left_out.right.sum())
        tiles = [
            Tile("Recall@1, left out", f"{100 * found.left_out.recall:.1f}", "%", "Photos that find their own product"),
            Tile(
                "Likely mislabelled",
                f"{likely:,}",
                "photo" if likely == 1 else "photos",
                f"{len(found.suspects) - likely:,} more worth a look",
            ),
            Tile(
                "Hard to tell apart", f"{confused:,}", "products", f"in {_many(len(found.confused), 'group', 'groups')}"
            ),
            Tile("Pictures at fault", f"{len(found.pictures.faults):,}", "", f"of {found.pictures.opened:,} opened"),
        ]
        customers = found.customers
        if customers:
            asked = f"{customers.right:,} of {customers.asked:,} find their product first"
            tiles.insert(0, Tile(WORDS.customers, f"{100 * customers.recall:.1f}", "%", asked))
        facts = [
            Fact("Products", f"{len(self._survey.product_ids):,}", "with photos"),
            Fact("Photos", f"{len(self._survey):,}"),
            Fact("Enough photos", f"{found.enough}", _enough_note(found)),
            Fact("Products without a photo", f"{len(found.without_photos):,}", "no search can find them"),
        ]
        if found.pictures.addresses:
            facts.append(Fact("Known by address", f"{found.pictures.addresses:,}", "not asked whether they still are"))
        return AuditPage(
            title=title,
            lead=f"{right:,} of {judged:,} photos, each left out in turn, find their own product first.",
            tiles=tuple(tiles),
            facts=tuple(facts),
            charts=_charts(found),
            needs=_needs(found),
            sections=(
                *((self._section("failing", customers.failing, self._failing),) if customers else ()),
                self._section("suspects", found.suspects, self._suspect),
                self._section("confused", found.confused, self._confused),
                self._section("faults", _by_fault(found.pictures.faults), self._faults, columns=0),
            ),
            thin=tuple(
                ThinRow(self._name(it.product), it.photos, f"{it.missed}" if it.photos > 1 else "–", it.gain)
                for it in found.thin[:ROWS]
            ),
            thin_left_out=max(0, len(found.thin) - ROWS),
        )

    def _failing(self, it: FailingProduct) -> Case:
        named = {product_id: place for place, product_id in enumerate(self._survey.product_ids)}
        shown = [] if it.place is None else [self._shown(it.place, WORDS.not_found)]
        shown += [
            self._shown(named[other], f"{WORDS.found_instead} {count} ×")
            for other, count in it.found_instead[: 2 if shown else 3]
            if other in named
        ]
        name = it.product_id if it.place is None else self._name(it.place)
        reasons = (WORDS.no_photo,) if it.place is None else ()
        return Case(name, f"{it.missed} of {it.asked} missed", 2 * it.missed > it.asked, tuple(shown), reasons)

    def _shown(self, product: int, label: str) -> Shown:
        return Shown(label, self._name(product), self._jpegs(self._survey.photos_of(product).tolist()))

    def _suspect(self, it: Suspect) -> Case:
        survey = self._survey
        own = [place for place in survey.photos_of(it.product).tolist() if place != it.place]
        near = [place for place in survey.near[it.place].tolist() if place >= 0]
        order = {place: number for number, place in enumerate(near)}
        theirs = sorted(survey.photos_of(it.rival).tolist(), key=lambda place: (order.get(place, len(near)), place))
        own.sort(key=lambda place: (order.get(place, len(near)), place))
        photo = self._photo(it.place)
        return Case(
            title=_file(photo),
            badge=f"{WORDS.likely if it.likely else WORDS.doubtful} · {it.margin:+.2f}",
            grave=it.likely,
            shown=(
                Shown(WORDS.the_photo, _pixels(photo), (self._jpeg(it.place),)),
                Shown(f"{WORDS.filed_under} · {it.own:.2f}", self._name(it.product), self._jpegs(own), wrong=it.likely),
                Shown(f"{WORDS.looks_like} · {it.other:.2f}", self._name(it.rival), self._jpegs(theirs)),
            ),
        )

    def _confused(self, group: ConfusedGroup) -> Case:
        sizes = self._survey.sizes
        reasons = []
        for pair in group.pairs[:TOGETHER]:
            (one, other), (there, back) = pair.products, pair.taken
            reasons.append(
                f"{there} of {sizes[one]} photos of {self._name(one)} find {self._name(other)}, "
                f"{back} of {sizes[other]} the other way round"
            )
        shown = tuple(
            Shown("", self._name(product), self._jpegs(self._survey.photos_of(product).tolist()))
            for product in group.products[:TOGETHER]
        )
        worst = f"{100 * group.pairs[0].share:.0f} % mixed up"
        return Case(f"{len(group.products)} products", worst, group.pairs[0].share >= 0.2, shown, tuple(reasons))

    def _faults(self, faults: tuple[FaultyPhoto, ...]) -> Case:
        shown = tuple(
            Shown(
                it.note if it.fault not in (Fault.MISSING, Fault.UNREADABLE) else "",
                self._name(int(self._survey.products[it.place])),
                (self._jpeg(it.place),),
                note=_file(self._photo(it.place)),
                wrong=True,
            )
            for it in faults[: 3 * TOGETHER]
        )
        grave = faults[0].fault in (Fault.MISSING, Fault.UNREADABLE, Fault.BLANK)
        return Case(str(getattr(WORDS, faults[0].fault)), f"{len(faults):,}", grave, shown)

    # -- what is there twice

    def duplicates(self, found: Duplicates, title: str) -> AuditPage:
        across = [group for group in found.photos if len(group.products) > 1]
        within = [group for group in found.photos if len(group.products) == 1]
        exact = sum(group.kind is Kind.EXACT for group in found.photos)
        spare = sum(len(group.places) - 1 for group in found.photos)
        facts = [
            Fact("Products", f"{len(self._survey.product_ids):,}", "with photos"),
            Fact("Photos", f"{len(self._survey):,}"),
            Fact("Pairs of pictures compared", f"{found.compared:,}", f"cosine {found.near:g} and more"),
        ]
        if found.unopened:
            facts.append(Fact("Pairs not compared", f"{found.unopened:,}", "a picture was not to be had"))
        return AuditPage(
            title=title,
            lead=f"{len(found.photos):,} pictures and {len(found.products):,} products are there more than once.",
            tiles=(
                Tile(
                    "Products under several ids",
                    f"{len(found.products):,}",
                    "",
                    f"{sum(len(group.products) - 1 for group in found.products):,} ids could go",
                ),
                Tile("Pictures under several products", f"{len(across):,}", "", "a search cannot part them"),
                Tile("Equal files", f"{exact:,}", "", f"and {len(found.photos) - exact:,} re-encoded or cropped"),
                Tile("Photos to spare", f"{spare:,}", "", f"{100 * spare / len(self._survey):.1f} % of all"),
            ),
            facts=tuple(facts),
            sections=(
                self._section("product_groups", found.products, self._product_group, columns=0),
                self._section("across", across, self._photo_group, columns=0),
                self._section("within", within, self._photo_group, columns=0),
            )[: 3 if within else 2],
        )

    def _product_group(self, group: ProductGroup) -> Case:
        shown = []
        for product in group.products[:TOGETHER]:
            keys = [key for key, _ in self._records.photos_of(product.product_id)]
            places = self._survey.keys.searchsorted(keys).tolist()
            noted = [product.product_id] if product.title else []
            pictures = self._jpegs([place for place in places if place < len(self._survey)])
            count = _many(len(keys), "photo", "photos")
            keep = product.product_id == group.keep
            shown.append(Shown(count, product.title or product.product_id, pictures, " ".join(noted), keep=keep))
        sure = group.reasons[0].why in ("gtin", "photos")
        return Case(
            f"{len(group.products)} ids",
            {"gtin": "Same GTIN", "title": "Same title", "photos": "Same photos", "looks": "Same looks"}[
                group.reasons[0].why
            ],
            sure,
            tuple(shown),
            tuple(f"{' and '.join(reason.products)}: {reason.note}" for reason in group.reasons[:TOGETHER]),
        )

    def _photo_group(self, group: PhotoGroup) -> Case:
        shown = []
        for place in group.places[:TOGETHER]:
            photo = self._photo(place)
            name = self._name(int(self._survey.products[place]))
            shown.append(Shown(_pixels(photo), name, (self._jpeg(place),), _file(photo), keep=place == group.keep))
        exact = group.kind is Kind.EXACT
        badge = WORDS.exact if exact else WORDS.near
        reasons = () if exact else (f"overlap {group.overlap:.3f}, similarity {group.similarity:.3f}",)
        return Case(f"{len(group.places)} {WORDS.copies}", badge, len(group.products) > 1, tuple(shown), reasons)

    # -- pieces

    def _section(
        self, key: str, findings: Sequence[Finding], case: Callable[[Finding], Case], *, columns: int = 3
    ) -> Section:
        empty = {"within": "no_across"}.get(key, f"no_{key}")
        return Section(
            key=key.replace("_", "-"),
            title=str(getattr(WORDS, key)),
            hint=str(getattr(WORDS, f"{key}_hint", "")),
            cases=tuple(case(finding) for finding in findings[:CASES]),
            left_out=max(0, len(findings) - CASES),
            empty=str(getattr(WORDS, empty)),
            empty_hint=str(getattr(WORDS, f"{empty}_hint")),
            columns=columns,
        )

    def _photo(self, place: int) -> Photo | None:
        key = int(self._survey.keys[place])
        return self._records.photos([key]).get(key)

    def _product(self, product: int) -> Product | None:
        return self._records.product(self._survey.product_ids[product])

    def _name(self, product: int) -> str:
        known = self._product(product)
        return (known.title if known else "") or self._survey.product_ids[product]

    def _jpegs(self, places: Sequence[int]) -> tuple[bytes, ...]:
        return tuple(self._jpeg(place) for place in places[:VIEWS])


def _charts(found: Diagnosis) -> tuple[Chart, ...]:
    asked = "customers' photos" if found.customers else "photos left out"
    grown = (growth_chart(found.growth, asked=asked),) if found.growth else ()
    return (*grown, photos_chart(found.photos_needed, asked=asked)) if found.photos_needed else grown


def _by_fault(faults: Sequence[FaultyPhoto]) -> list[tuple[FaultyPhoto, ...]]:
    return [its for fault in Fault if (its := tuple(it for it in faults if it.fault is fault))]


def _needs(found: Diagnosis) -> tuple[NeedRow, ...]:
    if found.photos_needed is None:
        return ()
    return tuple(
        NeedRow(
            need.target,
            WORDS.out_of_sight if need.photos is None else f"{need.photos:,}",
            WORDS.by_measure if need.measured else WORDS.by_curve,
        )
        for need in found.photos_needed.needs
    )


def _enough_note(found: Diagnosis) -> str:
    needed = found.photos_needed
    if needed is None:
        return "per product; a rule of thumb, as there are too few to measure"
    if found.enough == needed.measured[-1].size:
        return "per product, the most that was measured; more may still help"
    return f"per product; up to {needed.measured[-1].size}, more gain under 2 %"


def _file(photo: Photo | None) -> str:
    """The last part of a path or address."""
    return (PurePath(photo.source).name or photo.source) if photo else ""


def _pixels(photo: Photo | None) -> str:
    return f"{photo.width} × {photo.height}" if photo else ""


def _many(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"

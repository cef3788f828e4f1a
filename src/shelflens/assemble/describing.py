"""What pictures show, in words: of any picture, and of every product of a catalogue, to filter by.

What is seen is kept beside what the shop wrote, under names that begin with `seen.`, and never in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

import numpy as np

from shelflens.assemble.parts import Parts
from shelflens.assemble.tagging import PostPicture, Tagged, tag
from shelflens.attributes import voting
from shelflens.attributes.description import Description
from shelflens.attributes.names import chinese
from shelflens.attributes.palette import ColourDescriber, Palette, from_bytes, main_colours, palette, together
from shelflens.attributes.voting import Example, Kernel, Vote
from shelflens.classify.answers import Answer as Label
from shelflens.classify.answers import best
from shelflens.classify.base import Classifier
from shelflens.classify.labels import value_of
from shelflens.feed.base import BadRow, Feed
from shelflens.indexing import Described, Describer, Progress
from shelflens.search import Answer, Gallery, Options, View
from shelflens.types import Attribute, Match, Product, Vectors
from shelflens.verify.base import key

PREFIX: Final = "seen."
#: Columns that pictures may tell, in the words of shops' tables.
TELLING: Final = (
    "category", "colour", "color", "pattern", "style", "material", "shape", "颜色", "图案", "款式", "风格", "材质",
)  # fmt: skip
NEIGHBOURS: Final = 32  # photos asked for
SAMPLE: Final = 300  # photos that a column's kernel is fitted on
FEW: Final = 8  # products that must have a column
SURE: Final = 0.5  # probability from which a value is kept as seen
K: Final = 5  # values told


class Attributes:
    """Safe to call from several threads, but for `describe_all`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._colours = ColourDescriber()

    @property
    def kept(self) -> bool:
        """Is every `index` to describe what is new?"""
        return self._parts.documents.attributes is not None

    def reread(self) -> None:
        """What was learnt of the columns is learnt, or read, anew when it is needed."""
        self.__dict__.pop("_learnt", None)

    # -- of a picture

    def describe(self, view: View, classifier: Classifier | None = None) -> Description:
        """Colours; the category, by the classifier or by the catalogue's products; and its other telling columns.

        A product that the search is sure of counts with what is known of it, as far as it is probable; the rest is
        said by the neighbours.
        """
        return self.look(view, classifier)[0]

    def look(self, view: View, classifier: Classifier | None = None) -> tuple[Description, tuple[Match, ...]]:
        """As `describe`, with the products that the picture may show, best first; none in an empty catalogue."""
        seen = palette(view.scaled)
        if self._parts.space.found is None:
            return _by_classifier(Description(seen), classifier, view), ()
        answer = self._parts.searcher.search([view], Options(k=NEIGHBOURS // 2))
        return _by_classifier(self._from(seen, answer), classifier, view), answer.matches

    def _from(self, seen: Palette, answer: Answer) -> Description:
        told: dict[str, tuple[Label, ...]] = {}
        votes = [(match.product, match.score) for match in answer.matches]
        sure = [(match.product, match.probability or 0.0) for match in answer.matches if answer.unknown is not None]
        rest = max(0.0, 1.0 - sum(probability for _, probability in sure))
        for column, (kernel, frequencies) in self._learnt.items():
            near = [Vote(value, cosine) for product, cosine in votes if (value := value_of(product, column))]
            found = {value: rest * share for value, share in voting.shares(near, frequencies, kernel).items()}
            for product, probability in sure:
                if value := value_of(product, column):
                    found[value] = found.get(value, 0.0) + probability
            total = sum(found.values())
            told[column] = voting.answers({value: part / total for value, part in found.items()}, k=K)
        colours = self._known_colours(seen, sure)
        return Description(colours, told.pop("category", ()), told)

    def _known_colours(self, seen: Palette, sure: Sequence[tuple[Product, float]]) -> Palette:
        """With what the catalogue's photos show of the products, as far as these are probable."""
        mixed, rest = [], 1.0
        for product, probability in sure:
            if probability >= SURE / 5 and (known := self._of_product(product)):
                mixed.append((probability, known))
                rest -= probability
        mixed.append((max(rest, 0.0), seen))
        total = sum(share for share, _ in mixed)
        return together([its for _, its in mixed], [share / total for share, _ in mixed])

    def tag(
        self,
        posts: Feed,
        *,
        classifier: Classifier | None = None,
        done: Collection[PostPicture] = (),
        k: int = 5,
    ) -> Iterator[Tagged | BadRow]:
        """What each picture of a stream of posts shows, and which products it may show, the first `k`; pictures that
        are `done` are passed over. What cannot be used is told in its place."""
        _ = self._learnt  # once, before threads ask for it
        return tag(self._parts, posts, lambda view: self.look(view, classifier), done=done, k=k)

    # -- of every product

    def describe_all(
        self,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_bad: Callable[[BadRow], None] | None = None,
    ) -> Described:
        """Describes every photo that is not yet, and keeps with each product what is seen of it: `seen.colour`,
        `seen.colour_zh`, and the telling columns that the shop left empty. From now on every `index` does. Stop it at
        any time; calling it again goes on. Photos are read again from their sources."""
        parts = self._parts
        fresh = {photo.product_id for photo in parts.records.undescribed(key(self._colours))}
        done = Describer(parts.records, [self._colours], parts.crew(on_progress, on_bad)).run()
        if not done.interrupted:
            learnt = self._learn()
            parts.documents.keep_attributes({column: kernel for column, (kernel, _) in learnt.items()})
            self.__dict__["_learnt"] = learnt
            for product in parts.records.products():
                if product.product_id in fresh or f"{PREFIX}colour" not in product.attributes:
                    self._keep(product)
        return done

    def refresh(self, product_id: str) -> Product | None:
        """What is seen of one product, after it or its photos have changed; the product, which now says so. None: it is
        gone, or products are not described."""
        product = self._parts.records.product(product_id) if self.kept else None
        return self._keep(product) if product else None

    def _keep(self, product: Product) -> Product:
        seen: dict[str, Attribute] = {}
        if colours := self._of_product(product):
            names = main_colours(colours)
            seen["colour"] = names
            seen["colour_zh"] = tuple(map(chinese, names))
        for column, (kernel, frequencies) in self._learnt.items():
            if not value_of(product, column) and (votes := self._votes(product, column)):
                probabilities = voting.shares(votes, frequencies, kernel)
                value = max(sorted(probabilities), key=lambda one: probabilities[one])
                if probabilities[value] >= SURE:
                    seen[column] = value
        wanted = {f"{PREFIX}{name}": value for name, value in seen.items()}
        former = {name: value for name, value in product.attributes.items() if name.startswith(PREFIX)}
        if wanted == former:
            return product
        return self._parts.records.change_product(
            product.product_id, lambda known: _with_seen(known or product, wanted)
        )

    def _of_product(self, product: Product) -> Palette:
        """Of its photos that are described; empty where none is."""
        photos = [photo.photo_id for _, photo in self._parts.records.photos_of(product.product_id)]
        described = self._parts.records.descriptions(key(self._colours), photos)
        return together([from_bytes(data) for data in described.values()]) if described else ()

    # -- what the catalogue teaches

    @cached_property
    def _learnt(self) -> dict[str, tuple[Kernel, dict[str, float]]]:
        """By column: how its votes are weighed, and how frequent its values are. Learnt on the spot, in about a second,
        where the catalogue keeps nothing."""
        if self._parts.space.found is None:
            return {}
        if (kernels := self._parts.documents.attributes) is None:
            return self._learn()
        tellable = self._telling()
        return {column: (kernel, tellable[column]) for column, kernel in kernels.items() if column in tellable}

    def _learn(self) -> dict[str, tuple[Kernel, dict[str, float]]]:
        found = {}
        drawn = self._drawn() if (tellable := self._telling()) else []
        for column, frequencies in tellable.items():
            examples = [
                Example(truth, votes)
                for product in drawn
                if (truth := value_of(product, column)) and (votes := self._votes(product, column))
            ]
            found[column] = (voting.fit(examples, frequencies), frequencies)
        return found

    def _telling(self) -> dict[str, dict[str, float]]:
        """The columns to learn from, with how frequent each value is: those in which products share values."""
        values: dict[str, list[str]] = {column: [] for column in TELLING}
        for product in self._parts.records.products():
            for column, its in values.items():
                if value := value_of(product, column):
                    its.append(value)
        found = {column: voting.frequencies_of(its) for column, its in values.items() if len(its) >= FEW}
        return {column: its for column, its in found.items() if 2 <= len(its) <= len(values[column]) / 2}

    def _drawn(self) -> list[Product]:
        """A sample of the products, each as likely as any other."""
        products = list(self._parts.records.products())
        chosen = np.random.default_rng(0).permutation(len(products))[:SAMPLE]
        return [products[place] for place in sorted(chosen.tolist())]

    def _votes(self, product: Product, column: str) -> tuple[Vote, ...]:
        """Of the products nearest to it, itself left out; empty where it has no vector."""
        records, gallery = self._parts.records, self._parts.gallery  # once: another model may take its place
        photos = [photo.photo_id for _, photo in records.photos_of(product.product_id)]
        if not (held := sorted(records.known(photos, space=gallery.space))):
            return ()
        vectors = records.vectors(held[:1], space=gallery.space)
        return tuple(self._near(gallery, vectors, column, leave_out=product.product_id))

    def _near(self, gallery: Gallery, vectors: Vectors, column: str, *, leave_out: str) -> list[Vote]:
        """Each product votes once, with its nearest photo."""
        records = self._parts.records
        near = dict(gallery.neighbours(vectors, NEIGHBOURS).row(0))
        cosines: dict[str, float] = {}
        for key_, photo in records.photos(list(near)).items():
            if photo.product_id != leave_out:
                cosines[photo.product_id] = max(near[key_], cosines.get(photo.product_id, -1.0))
        found = ((value_of(one, column), cosines[one.product_id]) for one in records.products(list(cosines)))
        return [Vote(value, cosine) for value, cosine in found if value]


def describe_alone(view: View, classifier: Classifier | None = None) -> Description:
    """Without a catalogue: colours, and what a classifier says."""
    return _by_classifier(Description(palette(view.scaled)), classifier, view)


def carried(former: Product | None, product: Product) -> Product:
    """What the shop says now, beside what was seen of the product's photos, which have not changed."""
    seen = {} if former is None else former.attributes
    return _with_seen(product, {name: value for name, value in seen.items() if name.startswith(PREFIX)})


def _with_seen(product: Product, wanted: dict[str, Attribute]) -> Product:
    own = {name: value for name, value in product.attributes.items() if not name.startswith(PREFIX)}
    return replace(product, attributes={**own, **wanted})


def _by_classifier(description: Description, classifier: Classifier | None, view: View) -> Description:
    """A trained model's word comes before the neighbours'."""
    if classifier is None:
        return description
    labels, probabilities = classifier.labels, classifier.classify([view.scaled])
    found = {group.name: best(group.sums(probabilities)[0], group.values, k=K) for group in labels.groups}
    found[labels.target] = best(probabilities[0], labels.names, k=K)
    category = found.pop("category", description.category)
    return replace(description, category=category, attributes={**description.attributes, **found})

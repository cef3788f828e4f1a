"""A closer look at the best candidates: evidence from verifiers, and from it the probability of each product.

The embedding proposes; the verifiers compare the query with the proposed products' photos; the calibration weighs
what they find against each other and against "none of these".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from shelflens.calibrate.calibration import Calibration
from shelflens.calibrate.evidence import CandidateEvidence, of_evidence
from shelflens.records.base import Records
from shelflens.search.labels import Labels
from shelflens.search.view import View
from shelflens.types import Evidence, Match, Photo
from shelflens.verify.base import Finding, Lettered, Numbered, Verifier, key

CANDIDATES = 20  # products that are looked at; re-ranking fewer loses some that the embedding put low
RIVALS = 5  # products that a probability is weighed against at least
PHOTOS = 3  # of each candidate, its nearest


@dataclass(frozen=True, slots=True)
class Verification:
    """The verifiers of one catalogue and the calibration that weighs them. Safe to call from several threads."""

    records: Records
    verifiers: tuple[Verifier, ...]
    calibration: Calibration
    _labels: tuple[Labels, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        labels = tuple(Labels(self.records, one) for one in self.verifiers if isinstance(one, Lettered))
        object.__setattr__(self, "_labels", labels)

    @property
    def labels(self) -> tuple[Labels, ...]:
        """What finds products by what is printed."""
        return self._labels

    def candidates(self, k: int) -> int:
        """How many products to propose when k are wanted: more when looking closer may raise one."""
        return max(k, CANDIDATES if self.verifiers else RIVALS)

    def describe(self, views: Sequence[View]) -> dict[str, list[bytes]]:
        """What each verifier, by its key, makes of the query's views; pictures are opened only where one looks."""
        pictures = [view.full() for view in views] if self.verifiers else []
        return {key(one): [one.describe(picture) for picture in pictures] for one in self.verifiers}

    def numbers(self, queries: Mapping[str, Sequence[bytes]]) -> tuple[str, ...]:
        """Trade item numbers that the query shows."""
        found: set[str] = set()
        for verifier in self.verifiers:
            if isinstance(verifier, Numbered):
                found.update(number for said in queries[key(verifier)] for number in verifier.gtins(said))
        return tuple(sorted(found))

    def named(self, queries: Mapping[str, Sequence[bytes]]) -> tuple[str, ...]:
        """Ids of products whose labels say what the query shows."""
        return tuple(product_id for labels in self._labels for product_id in labels.propose(queries))

    def examine(
        self, queries: Mapping[str, Sequence[bytes]], matches: Sequence[Match], *, depth: int = CANDIDATES
    ) -> tuple[Match, ...]:
        """The first `depth` candidates with probability and evidence, most probable first, equal ones in the order
        given; the others follow without a probability. `queries` as `describe` gives them.
        """
        near, far = matches[:depth], matches[depth:]
        found = self.evidence_of(queries, near)
        weighed = [weighable(match, evidence) for match, evidence in zip(near, found, strict=True)]
        probabilities = self.calibration.model.probabilities(weighed)
        examined = [
            replace(match, probability=probability, evidence=evidence, band=self.calibration.bands.of(probability))
            for match, probability, evidence in zip(near, probabilities, found, strict=True)
        ]
        examined.sort(key=lambda match: -(match.probability or 0.0))
        return (*examined, *far)

    def evidence_of(
        self, queries: Mapping[str, Sequence[bytes]], matches: Sequence[Match]
    ) -> list[tuple[Evidence, ...]]:
        """For each candidate: its similarity, and what every verifier that can say something found."""
        photos = [[hit.photo for hit in match.hits[:PHOTOS]] for match in matches]
        found: list[list[Evidence]] = [[Evidence("similarity", match.pooled)] for match in matches]
        for verifier in self.verifiers:
            said = [description for description in queries.get(key(verifier), ()) if description]
            if not said:
                continue
            described = self.records.descriptions(key(verifier), [photo.photo_id for each in photos for photo in each])
            for match, its_photos, evidence in zip(matches, photos, found, strict=True):
                if best := _best(verifier, said, match, its_photos, described):
                    evidence.append(Evidence(verifier.name, best.value, best.note))
        return [tuple(evidence) for evidence in found]


def weighable(match: Match, evidence: Sequence[Evidence]) -> CandidateEvidence:
    return of_evidence(evidence, category=match.product.category)


def _best(
    verifier: Verifier, queries: Sequence[bytes], match: Match, photos: Sequence[Photo], described: Mapping[str, bytes]
) -> Finding | None:
    """What speaks most for the product, over the query's views and the product's photos."""
    findings = [
        finding
        for query in queries
        for photo in photos
        if (finding := verifier.compare(query, described.get(photo.photo_id, b""), match.product))
    ]
    return max(findings, key=lambda finding: finding.value, default=None)

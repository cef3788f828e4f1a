"""One picture against one other, or one product: what agrees, how sure that makes, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from shelflens import plug
from shelflens.calibrate.evidence import of_evidence
from shelflens.calibrate.fusion import Explanation
from shelflens.calibrate.pairs import EVEN, shipped_pair_model
from shelflens.embed.base import Embedder
from shelflens.errors import CatalogueError, ShelflensError
from shelflens.search.searcher import Options, Searcher
from shelflens.search.verification import CANDIDATES, PHOTOS, Verification, weighable
from shelflens.search.view import View
from shelflens.types import Band, Evidence, Hit, Match, Metric, Photo, Product
from shelflens.verify.base import Finding, Line, Region, Verifier, key
from shelflens.verify.loading import WITH_FILES, load_verifier


@dataclass(frozen=True, slots=True)
class Comparison:
    """`lines` and `regions` are of one photo beside one view; `evidence` is the best over all, as a search says it."""

    similarity: float  # cosine
    evidence: tuple[Evidence, ...]  # the similarity first
    explanation: Explanation | None  # None: nothing that weighs the evidence was fitted to the model
    lines: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)  # by the evidence's name
    regions: Mapping[str, tuple[Region, ...]] = field(default_factory=dict)  # by the evidence's name
    left_out: tuple[Evidence, ...] = ()  # verifiers that cannot run here, with the reason as the note
    band: Band | None = None  # of a catalogue's product; for two bare pictures nobody has promised a precision

    @property
    def probability(self) -> float | None:
        """That both show the same product, 0..1."""
        return self.explanation.probability if self.explanation else None


@dataclass(frozen=True, slots=True)
class Explained:
    """A match of a search, its reasons, and the two pictures in which they are seen best."""

    match: Match
    comparison: Comparison
    view: int  # which of the query's
    photo: Photo


def verifiers_named(names: Sequence[str] = ()) -> tuple[tuple[Verifier, ...], tuple[Evidence, ...]]:
    """Those named, or all that can run here and need no file of the user's; and those that cannot run, with the reason
    as the note.

    Raises ShelflensError when a named one does not exist or cannot run.
    """
    made: list[Verifier] = []
    missing: list[Evidence] = []
    for name in names or [name for name in plug.names("verifiers") if name not in WITH_FILES]:
        try:
            made.append(load_verifier(name))
        except ShelflensError as error:
            if names:
                raise
            missing.append(Evidence(name, 0.0, str(error)))
    return tuple(made), tuple(missing)


def compare_views(
    query: View,
    other: View,
    *,
    embedder: Embedder,
    verifiers: Sequence[Verifier],
    prior: float = EVEN,
    strict: bool = True,
) -> Comparison:
    """Two pictures, as if the second were a nameless product's only photo. `prior` is the probability before looking.

    A verifier that cannot run (an extra that is not installed) raises its ShelflensError or, if not `strict`, is left
    out.
    """
    one, two = (view.embedder(embedder).embed([view.scaled])[0] for view in (query, other))
    similarity = float(np.clip(one @ two, -1, 1))
    evidence = [Evidence("similarity", similarity)]
    findings: dict[str, Finding] = {}
    looked_for, left_out = [], []
    for verifier in verifiers:
        try:
            finding = verifier.compare(
                verifier.describe(query.full()), verifier.describe(other.full()), Product(product_id="")
            )
        except ShelflensError as error:
            if strict:
                raise
            left_out.append(Evidence(verifier.name, 0.0, str(error)))
            continue
        looked_for.append(verifier.name)
        if finding:
            evidence.append(Evidence(verifier.name, finding.value, finding.note))
            findings[verifier.name] = finding
    model = shipped_pair_model(embedder.manifest.name, looked_for)
    return Comparison(
        similarity,
        tuple(evidence),
        model.at(prior).explain(of_evidence(evidence)) if model else None,
        {name: finding.lines for name, finding in findings.items()},
        {name: finding.regions for name, finding in findings.items()},
        tuple(left_out),
    )


def compare_product(searcher: Searcher, verification: Verification, query: View, product_id: str) -> Explained:
    """A picture and a product of the catalogue, weighed against the products that a search would find.

    Raises CatalogueError when the product is not there or has no photo.
    """
    vectors = searcher.embed([query])
    proposing = Searcher(searcher.records, searcher.gallery, searcher.embedder, ranking=searcher.ranker.ranking)
    found = proposing.search_embedded(vectors, [query], Options(k=CANDIDATES))
    rivals = [match for match in found if match.product.product_id != product_id]
    photos = [photo for _, photo in searcher.records.photos_of(product_id)]
    if not photos:
        known = searcher.records.product(product_id) is not None
        raise CatalogueError(f"product {product_id!r} has no photo" if known else f"no product {product_id!r}")
    stored = searcher.records.vectors([photo.photo_id for photo in photos], space=searcher.gallery.space)
    hits = [Hit(photo, float(cosine)) for photo, cosine in zip(photos, stored @ vectors[0], strict=True)]
    hits.sort(key=lambda hit: (-hit.score, hit.photo.photo_id))
    candidates = [*searcher.ranker.matches(vectors[0], [tuple(hits)]), *rivals[: CANDIDATES - 1]]
    seen = verification.evidence_of(verification.describe([query]), candidates)
    examined = [replace(match, evidence=evidence) for match, evidence in zip(candidates, seen, strict=True)]
    return explain_matches([query], examined, verification, wanted=1)[0]


def explain_matches(
    views: Sequence[View],
    matches: Sequence[Match],
    verification: Verification | None,
    *,
    wanted: int,
    metric: Metric = Metric.COSINE,
) -> list[Explained]:
    """Why each of the first `wanted` matches of a search has its probability, weighed against all `matches`.

    Without a verification there is only the similarity to tell.
    """
    rivals = [weighable(match, match.evidence) for match in matches if match.evidence]
    described = verification.describe(views) if verification else {}
    said = [(one, described[key(one)]) for one in verification.verifiers] if verification else []
    explained = []
    at = 0
    for match in matches[:wanted]:
        explanation = None
        if verification and match.evidence:
            explanation = verification.calibration.model.explain(rivals, at)
            at += 1
        cosine = match.score if metric is Metric.COSINE else 1 - match.score**2 / 2
        evidence = match.evidence or (Evidence("similarity", cosine),)
        view, photo, findings = _clearest(match, len(views), said, verification)
        comparison = Comparison(
            evidence[0].value,
            evidence,
            explanation,
            {name: finding.lines for name, finding in findings.items()},
            {name: finding.regions for name, finding in findings.items()},
            band=verification.calibration.bands.of(explanation.probability) if verification and explanation else None,
        )
        explained.append(Explained(match, comparison, view, photo))
    return explained


def _clearest(
    match: Match,
    views: int,
    said: Sequence[tuple[Verifier, Sequence[bytes]]],
    verification: Verification | None,
) -> tuple[int, Photo, dict[str, Finding]]:
    """The view and the photo in which most can be drawn; the first of equals."""
    best: tuple[int, Photo, dict[str, Finding]] = (0, match.photo, {})
    if verification is None:
        return best
    photos = [hit.photo for hit in match.hits[:PHOTOS]]
    described = {
        verifier.name: verification.records.descriptions(key(verifier), [photo.photo_id for photo in photos])
        for verifier, _ in said
    }
    most = -1
    for view in range(views):
        for photo in photos:
            findings = {
                verifier.name: finding
                for verifier, descriptions in said
                if descriptions[view]
                and (
                    finding := verifier.compare(
                        descriptions[view], described[verifier.name].get(photo.photo_id, b""), match.product
                    )
                )
            }
            if (drawn := sum(len(finding.lines) + len(finding.regions) for finding in findings.values())) > most:
                most, best = drawn, (view, photo, findings)
    return best

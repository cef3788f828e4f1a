"""What searches and comparisons found, in the words of the API."""

from __future__ import annotations

from collections.abc import Sequence

from shelflens.search import Answer
from shelflens.search.pair import Comparison, Explained
from shelflens.serve.answers import (
    BoxAnswer,
    ComparisonAnswer,
    ContributionAnswer,
    EvidenceAnswer,
    ExplanationAnswer,
    HitAnswer,
    LineAnswer,
    MatchAnswer,
    PhotoAnswer,
    ProductAnswer,
    RegionAnswer,
    SearchAnswer,
)
from shelflens.types import Box, Evidence, Match, Product


def search_answer(answer: Answer, *, metric: str, catalogue: str, why: Sequence[Explained]) -> SearchAnswer:
    return SearchAnswer.model_construct(
        matches=[
            match_answer(match, catalogue=catalogue, why=why[place] if place < len(why) else None)
            for place, match in enumerate(answer.matches)
        ],
        verdict=answer.verdict,
        unknown=answer.unknown,
        metric=metric,
        embed_ms=round(answer.embed_seconds * 1e3, 3),
        search_ms=round(answer.search_seconds * 1e3, 3),
    )


def match_answer(match: Match, *, catalogue: str, why: Explained | None = None) -> MatchAnswer:
    # One for a photo that is both the match's and a hit's: pydantic takes its time to make them.
    distinct = {photo.photo_id: photo for photo in (match.photo, *(hit.photo for hit in match.hits))}
    photos = {photo_id: PhotoAnswer.of(photo, catalogue) for photo_id, photo in distinct.items()}
    return MatchAnswer.model_construct(
        product=ProductAnswer.of(match.product),
        score=round(match.score, 6),
        pooled=round(match.pooled, 6),
        probability=None if match.probability is None else round(match.probability, 6),
        band=match.band,
        evidence=evidence_answers(match.evidence),
        photo=photos[match.photo.photo_id],
        hits=[
            HitAnswer.model_construct(photo=photos[hit.photo.photo_id], score=round(hit.score, 6)) for hit in match.hits
        ],
        explanation=None
        if why is None
        else explanation(why.comparison, view=why.view, photo=PhotoAnswer.of(why.photo, catalogue)),
    )


def evidence_answers(evidence: Sequence[Evidence]) -> list[EvidenceAnswer]:
    return [EvidenceAnswer.model_construct(name=one.name, value=round(one.value, 6), note=one.note) for one in evidence]


def explanation(comparison: Comparison, *, view: int = 0, photo: PhotoAnswer | None = None) -> ExplanationAnswer:
    said = comparison.explanation
    return ExplanationAnswer(
        contributions=[
            ContributionAnswer(name=one.name, log_odds=round(one.log_odds, 6))
            for one in (said.contributions if said else ())
        ],
        lines={
            name: [LineAnswer(query=_point(line.query), photo=_point(line.photo)) for line in lines]
            for name, lines in comparison.lines.items()
        },
        regions={
            name: [
                RegionAnswer(
                    text=region.text,
                    fits=region.fits,
                    share=region.share,
                    query=_box(region.query),
                    photo=_box(region.photo) if region.photo else None,
                )
                for region in regions
            ]
            for name, regions in comparison.regions.items()
        },
        view=view,
        photo=photo,
    )


def comparison_answer(
    comparison: Comparison, *, product: Product | None = None, photo: PhotoAnswer | None = None
) -> ComparisonAnswer:
    return ComparisonAnswer(
        probability=comparison.probability,
        band=comparison.band,
        similarity=comparison.similarity,
        evidence=evidence_answers(comparison.evidence),
        explanation=explanation(comparison, photo=photo),
        product=ProductAnswer.of(product) if product else None,
        left_out=evidence_answers(comparison.left_out),
    )


def _point(point: Sequence[float]) -> tuple[float, float]:
    return round(float(point[0]), 5), round(float(point[1]), 5)


def _box(box: Box) -> BoxAnswer:
    return BoxAnswer(left=box.left, top=box.top, right=box.right, bottom=box.bottom)

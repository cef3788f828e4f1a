"""What responses say. Names here are a promise to users: docs/serving.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field

from shelflens.serve.ledger import JobRow
from shelflens.types import Photo, Product


class FaultAnswer(BaseModel):
    field: str = Field(examples=["/box/left"])
    detail: str


class ProblemAnswer(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["https://shelflens.dev/problems/invalid-request"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str
    errors: list[FaultAnswer] | None = None
    request_id: str | None = None


class ProductAnswer(BaseModel):
    product_id: str
    title: str
    description: str
    brand: str
    category: str
    price: float | None
    url: str
    gtins: list[str]
    attributes: dict[str, bool | float | str | list[str]]

    @classmethod
    def of(cls, product: Product) -> ProductAnswer:
        return cls.model_construct(**fields(product))


class PhotoAnswer(BaseModel):
    photo_id: str = Field(description="SHA-256 of the file.")
    product_id: str
    source: str = Field(description="Its address; of a file only the name.")
    width: int
    height: int
    thumbnail: str = Field(description="Path of a JPEG of at most 160 pixels.")
    picture: str = Field(description="Path of a JPEG of at most 1600 pixels.")

    @classmethod
    def of(cls, photo: Photo, catalogue: str) -> PhotoAnswer:
        path = f"{product_path(catalogue, photo.product_id)}/photos/{photo.photo_id}"
        web = photo.source.startswith(("http://", "https://"))
        return cls.model_construct(
            photo_id=photo.photo_id,
            product_id=photo.product_id,
            source=photo.source if web else photo.source.rpartition("/")[2],
            width=photo.width,
            height=photo.height,
            thumbnail=f"{path}/thumbnail",
            picture=f"{path}/picture",
        )


class ProductWithPhotos(ProductAnswer):
    photos: list[PhotoAnswer]


class ProductsAnswer(BaseModel):
    products: list[ProductWithPhotos]
    next: str | None = Field(description="The cursor of the next page; null: this was the last.")


class EvidenceAnswer(BaseModel):
    name: str
    value: float
    note: str


class ContributionAnswer(BaseModel):
    name: str
    log_odds: float


class LineAnswer(BaseModel):
    """A point of the query and its counterpart, as fractions of width and height."""

    query: tuple[float, float]
    photo: tuple[float, float]


class BoxAnswer(BaseModel):
    left: float
    top: float
    right: float
    bottom: float


class RegionAnswer(BaseModel):
    """What was read in the query, and what of the product it fits."""

    text: str
    fits: str
    share: float
    query: BoxAnswer
    photo: BoxAnswer | None


class ExplanationAnswer(BaseModel):
    """Why: what each reason adds to the log-odds, and what agrees between a query picture and a photo."""

    contributions: list[ContributionAnswer]
    lines: dict[str, list[LineAnswer]]
    regions: dict[str, list[RegionAnswer]]
    view: int = Field(description="Which of the query's pictures, from 0.")
    photo: PhotoAnswer | None


class HitAnswer(BaseModel):
    photo: PhotoAnswer
    score: float


class MatchAnswer(BaseModel):
    product: ProductAnswer
    score: float
    pooled: float
    probability: float | None
    band: str | None = Field(description="accept, review or reject; null: nothing was calibrated.")
    evidence: list[EvidenceAnswer]
    photo: PhotoAnswer
    hits: list[HitAnswer]
    explanation: ExplanationAnswer | None = None


class SearchAnswer(BaseModel):
    matches: list[MatchAnswer]
    verdict: str | None = Field(description="accept, review or unknown, of the whole answer.")
    unknown: float | None = Field(description="Probability of a product that is none of these.")
    metric: str
    embed_ms: float
    search_ms: float


class ComparisonAnswer(BaseModel):
    probability: float | None
    band: str | None = Field(description="accept, review or reject; null for two bare pictures.")
    similarity: float
    evidence: list[EvidenceAnswer]
    explanation: ExplanationAnswer
    product: ProductAnswer | None = None
    left_out: list[EvidenceAnswer]


class LabelAnswer(BaseModel):
    label: str
    probability: float


class ClassifiedAnswer(BaseModel):
    answers: list[LabelAnswer]
    groups: dict[str, list[LabelAnswer]]


class ClassifyAnswer(BaseModel):
    model: str
    target: str
    pictures: list[ClassifiedAnswer]


class CatalogueAnswer(BaseModel):
    name: str
    products: int
    photos: int
    vectors: dict[str, int]
    space: str | None
    model: str | None
    dimension: int | None
    licence: str | None
    bytes_on_disk: int
    evidence: list[str]
    calibrated: bool
    speech: bool = Field(description="Whether /transcribe understands recordings here.")
    scope: str = Field(description="What the caller may do: read, write or admin.")


class CataloguesAnswer(BaseModel):
    catalogues: list[CatalogueAnswer]
    classifier: str | None


class RemovedAnswer(BaseModel):
    removed: int
    unknown: list[str]


class RowAnswer(BaseModel):
    row: int = Field(description="From 0.")
    product_id: str | None
    status: int = Field(description="201 new, 200 there already, 204 removed, 4xx: not taken, see errors.")
    photos: list[PhotoAnswer]
    errors: list[FaultAnswer] = Field(description="With status 200 or 201: photos that could not be used.")


class BulkAnswer(BaseModel):
    rows: list[RowAnswer]
    taken: int
    failed: int


class FacetValueAnswer(BaseModel):
    value: bool | float | str
    count: int


class FacetAnswer(BaseModel):
    field: str
    products: int
    values: list[FacetValueAnswer]
    low: float | None
    high: float | None


class FacetsAnswer(BaseModel):
    facets: list[FacetAnswer]


class JobAnswer(BaseModel):
    id: str
    kind: str
    state: str = Field(description="queued, running, done, failed or cancelled.")
    stage: str
    done: int
    total: int | None
    bad: int
    error: str | None
    created: datetime
    changed: datetime
    result: dict[str, Any] | None = None

    @classmethod
    def of(cls, row: JobRow) -> JobAnswer:
        return cls(
            id=row.id,
            kind=row.kind,
            state=row.state,
            stage=row.stage,
            done=row.done,
            total=row.total,
            bad=row.bad,
            error=row.error,
            created=datetime.fromtimestamp(row.created, UTC),
            changed=datetime.fromtimestamp(row.changed, UTC),
            result=json.loads(row.result) if row.result else None,
        )


class JobsAnswer(BaseModel):
    jobs: list[JobAnswer]


class HealthAnswer(BaseModel):
    status: str = Field(examples=["ok"])
    version: str


@lru_cache(1_024)
def product_path(catalogue: str, product_id: str) -> str:
    return f"/v1/catalogues/{quote(catalogue, safe='')}/products/{quote(product_id, safe='')}"


def fields(product: Product) -> dict[str, Any]:
    """A product as JSON has it."""
    return {
        "product_id": product.product_id,
        "title": product.title,
        "description": product.description,
        "brand": product.brand,
        "category": product.category,
        "price": product.price,
        "url": product.url,
        "gtins": list(product.gtins),
        "attributes": {
            name: list(value) if isinstance(value, tuple) else value for name, value in product.attributes.items()
        },
    }


def etag(product: Product) -> str:
    """Changes with every field of the product."""
    text = json.dumps(fields(product), sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For OpenAPI: these answers are problem documents."""
    texts: Mapping[int, str] = {
        400: "The request cannot be read.",
        401: "A key is needed.",
        403: "The key may not do this.",
        404: "There is no such thing.",
        408: "The body did not come in time.",
        409: "Not now, or not in this state.",
        412: "The product has changed meanwhile.",
        413: "Too long.",
        415: "Of another type.",
        421: "This server does not go by that name.",
        422: "A field is at fault; `errors` says which.",
        429: "Too much at once; come back after Retry-After seconds.",
        431: "The address and the headers are too long.",
    }
    schema = {"$ref": "#/components/schemas/ProblemAnswer"}
    return {
        status: {"description": texts[status], "content": {"application/problem+json": {"schema": schema}}}
        for status in statuses
    }

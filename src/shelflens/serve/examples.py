"""What answers look like: an example of each, for the OpenAPI document. They are made of the very types that answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel

from shelflens import __version__
from shelflens.serve import answers as say
from shelflens.serve.problems import MEDIA_TYPE, Fault, Problem, document
from shelflens.serve.routes import describing, reports, shoppers, speech, tables, watching
from shelflens.shopper.base import Kind
from shelflens.types import Box, Photo, Product

_WHEN = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
_SPACE = "lite0-2c26b46b68ff"
_JUICE = Product(
    "1001",
    title="Apple juice",
    brand="Garden",
    category="Juice",
    price=24.9,
    gtins=("4006381333931",),
    attributes={"organic": True},
)
_OTHER = Product("1002", title="Pear juice", brand="Garden", category="Juice", price=26.9)
_PRODUCT = say.ProductAnswer.of(_JUICE)
_PHOTO = say.PhotoAnswer.of(Photo("9f86d081884c7d65" * 4, "1001", "apple-front.jpg", 800, 1200), "shop")
_OTHER_PHOTO = say.PhotoAnswer.of(Photo("60303ae22b998861" * 4, "1002", "pear-front.jpg", 800, 1200), "shop")
_EVIDENCE = [
    say.EvidenceAnswer(name="similarity", value=0.91, note=""),
    say.EvidenceAnswer(name="barcode", value=1.0, note="4006381333931"),
]
_WHY = say.ExplanationAnswer(
    contributions=[say.ContributionAnswer(name="similarity", log_odds=2.1)],
    lines={"local": [say.LineAnswer(query=(0.41, 0.32), photo=(0.44, 0.3))]},
    regions={},
    view=0,
    photo=_PHOTO,
)
_MATCH = say.MatchAnswer(
    product=_PRODUCT,
    score=0.91,
    pooled=0.92,
    probability=0.97,
    band="accept",
    evidence=_EVIDENCE,
    photo=_PHOTO,
    hits=[say.HitAnswer(photo=_PHOTO, score=0.91)],
)
_CATALOGUE = say.CatalogueAnswer(
    name="shop",
    products=1200,
    photos=3400,
    vectors={_SPACE: 3400},
    space=_SPACE,
    model="lite0",
    dimension=1280,
    licence="Apache-2.0",
    bytes_on_disk=21_000_000,
    evidence=["local", "barcode"],
    calibrated=True,
    speech=False,
    scope="write",
)
_JOB = say.JobAnswer(
    id="0b9f5c1e7a3d4f62",
    kind="duplicates",
    state="running",
    stage="comparing",
    done=1200,
    total=3400,
    bad=0,
    error=None,
    created=_WHEN,
    changed=_WHEN,
)


def examples() -> tuple[BaseModel, ...]:
    """One of each type that an operation answers with."""
    return (
        say.SearchAnswer(
            matches=[_MATCH], verdict="accept", unknown=0.02, metric="cosine", embed_ms=12.3, search_ms=2.4
        ),
        say.ComparisonAnswer(
            probability=0.97,
            band="accept",
            similarity=0.91,
            evidence=_EVIDENCE,
            explanation=_WHY,
            product=_PRODUCT,
            left_out=[],
        ),
        say.ClassifyAnswer(
            model="mine",
            target="category",
            pictures=[say.ClassifiedAnswer(answers=[say.LabelAnswer(label="Juice", probability=0.93)], groups={})],
        ),
        _CATALOGUE,
        say.CataloguesAnswer(catalogues=[_CATALOGUE], classifier=None),
        say.FacetsAnswer(
            facets=[
                say.FacetAnswer(
                    field="category",
                    products=1200,
                    values=[say.FacetValueAnswer(value="Juice", count=48)],
                    low=None,
                    high=None,
                ),
                say.FacetAnswer(field="price", products=1180, values=[], low=4.5, high=189.0),
            ]
        ),
        say.BulkAnswer(
            rows=[
                say.RowAnswer(row=0, product_id="1001", status=201, photos=[_PHOTO], errors=[]),
                say.RowAnswer(
                    row=1,
                    product_id="1002",
                    status=422,
                    photos=[],
                    errors=[say.FaultAnswer(field="/price", detail="Input should be greater than or equal to 0")],
                ),
            ],
            taken=1,
            failed=1,
        ),
        _PRODUCT,
        _PHOTO,
        say.ProductWithPhotos(**_PRODUCT.model_dump(), photos=[_PHOTO]),
        say.ProductsAnswer(products=[say.ProductWithPhotos(**_PRODUCT.model_dump(), photos=[_PHOTO])], next="1001"),
        say.RemovedAnswer(removed=1, unknown=["1003"]),
        describing.DescribeAnswer(
            descriptions=[
                describing.DescriptionAnswer(
                    category=[say.LabelAnswer(label="Juice", probability=0.93)],
                    colours=[describing.ColourAnswer(name="red", name_zh="红色", share=0.4, weight=0.7, hex="#d12a33")],
                    attributes={"organic": [say.LabelAnswer(label="true", probability=0.8)]},
                )
            ]
        ),
        shoppers.FeedbackAnswer(
            accepted=1,
            rows=[
                shoppers.EventFaultAnswer(
                    row=1, errors=[say.FaultAnswer(field="/events/1/product_id", detail="there is no product '9'")]
                )
            ],
        ),
        shoppers.UserAnswer(events=[shoppers.EventAnswer(kind=Kind.VIEW, product_id="1001", at=_WHEN)]),
        shoppers.RecommendAnswer(
            recommendations=[
                shoppers.RecommendationAnswer(
                    product=say.ProductAnswer.of(_OTHER),
                    score=0.84,
                    reasons=["because you looked at Apple juice"],
                    photo=_OTHER_PHOTO,
                )
            ]
        ),
        speech.TranscribeAnswer(text="green apple juice"),
        tables.ColumnsAnswer(
            columns=["sku", "name", "image"],
            product_id="sku",
            photos=["image"],
            gtins=[],
            fields={"title": "name"},
        ),
        reports.CalibrationAnswer(
            own=True,
            data="the catalogue's own photos",
            queries=800,
            products=400,
            unknown_share=0.2,
            ece=0.02,
            brier=0.06,
            accept=0.9,
            reject=0.1,
            precision=0.98,
            weights={"similarity": 6.2, "local": 1.4},
            curve=[reports.CurvePoint(before=0.8, after=0.86)],
        ),
        reports.ModelsAnswer(
            models=[
                reports.ModelAnswer(
                    space=_SPACE, model="lite0", dimension=1280, licence="Apache-2.0", photos=3400, active=True
                )
            ],
            photos=3400,
        ),
        reports.ReportsAnswer(
            reports=[reports.ReportAnswer(name="june", kind="evaluation", written=_WHEN, report={"recall@1": 0.92})]
        ),
        _JOB,
        say.JobsAnswer(jobs=[_JOB]),
        say.HealthAnswer(status="ok", version=__version__),
        *_watched(),
    )


def _watched() -> tuple[BaseModel, ...]:
    edges = watching.EdgesAnswer.of(Box(0.2, 0.1, 0.6, 0.9))
    watch = "/v1/catalogues/shop/watch"
    stream = watching.StreamAnswer(
        id="shelf-3",
        title="Shelf 3",
        state="watching",
        started=_WHEN.isoformat(),
        at=12.4,
        looks=62,
        dropped=0,
        damaged=0,
        reconnects=0,
        trouble="",
        in_view=[
            watching.InViewAnswer(
                product_id="1001", title="Apple juice", box=edges, probability=0.97, start=3.2, now=True
            ),
        ],
        frame=f"{watch}/streams/shelf-3/frame",
    )
    seen = watching.SeenAnswer(
        number=7,
        id="5feceb66ffc86f38",
        happening="appeared",
        stream="shelf-3",
        product_id="1001",
        title="Apple juice",
        raised=_WHEN.isoformat(),
        at=4.2,
        start=3.2,
        end=4.2,
        box=edges,
        probability=0.97,
        frame=f"{watch}/events/7/frame",
        picture=f"{watch}/events/7/picture",
    )
    return stream, watching.StreamsAnswer(streams=[stream]), seen, watching.SeenListAnswer(events=[seen])


_PROBLEMS = (
    Problem(400, "not-json", "the body is not JSON: Expecting value: line 1 column 1 (char 0)"),
    Problem(401, "key-needed", "a key is needed: Authorization: Bearer KEY"),
    Problem(403, "scope-needed", "this key may read here; write is needed"),
    Problem.at("product_id", "there is no product '9'", status=404, kind="no-product"),
    Problem(408, "body-too-slow", "the body was not there after 60 s"),
    Problem(409, "catalogue-not-ready", "the catalogue is empty; add photos first"),
    Problem(412, "changed-meanwhile", "the product does not have that ETag any more; get it again"),
    Problem(413, "body-too-long", "the body is too long; at most 33554432 bytes are read"),
    Problem.at(
        "Content-Type", "the body's type is text/html; send application/json", status=415, kind="type-not-supported"
    ),
    Problem(421, "host-not-served", "this server does not go by that name; add it with --trusted-host"),
    Problem(
        422,
        "invalid-request",
        "/box/left: Input should be less than or equal to 1",
        faults=[Fault("/box/left", "Input should be less than or equal to 1")],
    ),
    Problem(429, "busy", "the server has as much to do as it can answer soon; try again"),
    Problem(431, "headers-too-long", "the address and the headers are too long"),
)
_TEXTS = {
    "text/plain": "# TYPE shelflens_requests counter\n"
    'shelflens_requests_total{method="POST",route="/v1/catalogues/{name}/search",status="200"} 42.0\n',
}


def add_examples(document_: dict[str, Any]) -> None:
    """To every answer of an OpenAPI document that is JSON or text; those that have one already keep it."""
    by_name = {type(answer).__name__: answer.model_dump(mode="json") for answer in examples()}
    by_status = {str(problem.status_code): document(problem, request_id="d1c0ffee") for problem in _PROBLEMS}
    for status, kind, content in _contents(document_):
        example: Any = None
        if kind == MEDIA_TYPE:
            example = by_status.get(status)
        elif kind in _TEXTS:
            example = _TEXTS[kind]
        elif status.startswith("2"):
            example = by_name.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2])
        if example is not None:
            content.setdefault("example", example)


def _contents(document_: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Status, media type and what is said of it."""
    for item in document_["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                for kind, content in response.get("content", {}).items():
                    yield status, kind, content

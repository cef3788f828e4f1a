"""`/search`, `/match`, `/classify`: the questions with pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from shelflens import filters
from shelflens.classify.answers import Answer as Label
from shelflens.classify.answers import best
from shelflens.classify.base import Classifier
from shelflens.errors import FilterError, PictureError
from shelflens.picture import Limits, decode_side, open_bytes
from shelflens.search import Answer, Options, Searcher, View, Wish, open_view
from shelflens.search.pair import Explained, compare_product, compare_views, explain_matches
from shelflens.serve.answers import (
    ClassifiedAnswer,
    ClassifyAnswer,
    ComparisonAnswer,
    LabelAnswer,
    PhotoAnswer,
    SearchAnswer,
    problems,
)
from shelflens.serve.bodies import ClassifyBody, MatchBody, SearchBody
from shelflens.serve.problems import Problem, explained
from shelflens.serve.queries import FORM, JSON, picture_bytes, read_query
from shelflens.serve.service import Access, Asking, Reading, no_product, service_of
from shelflens.serve.shelf import Opened
from shelflens.serve.telling import comparison_answer, search_answer
from shelflens.types import Box, Metric

router = APIRouter(prefix="/v1", tags=["search"], responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 429))
_FILE = {"type": "string", "format": "binary"}


def _bodies(name: str, files: dict[str, Any], fields: dict[str, Any], *, required: list[str]) -> dict[str, Any]:
    """OpenAPI's words for a body that comes as JSON or as a form."""
    form = {"type": "object", "properties": {**files, **fields}, "required": required}
    json = {"schema": {"$ref": f"#/components/schemas/{name}"}}
    return {"requestBody": {"required": True, "content": {JSON: json, FORM: {"schema": form}}}}


_K = {"type": "integer", "minimum": 1, "maximum": 1000}
_BOX = {"type": "string", "description": "left,top,right,bottom as fractions.", "examples": ["0.2,0.1,0.8,0.9"]}
_IDS = {"type": "string", "description": "Ids of products, as JSON.", "examples": ['["1001", "1002"]']}
_SEARCH = _bodies(
    "SearchBody",
    {"picture": {"type": "array", "items": _FILE, "description": "One or more, of one thing."}},
    {
        "k": _K,
        "filter": {"type": "string"},
        "metric": {"type": "string", "enum": ["cosine", "euclidean"]},
        "threshold": {"type": "number"},
        "box": _BOX,
        "explain": {"type": "boolean"},
        "text": {"type": "string", "examples": ["green apple juice"]},
        "minus": {"type": "string", "examples": ["sugar"]},
        "text_weight": {"type": "number", "minimum": 0, "maximum": 1},
        "more": _IDS,
        "less": _IDS,
        "user": {"type": "string"},
    },
    required=[],
)
_MATCH = _bodies(
    "MatchBody",
    {"picture": _FILE, "other": _FILE},
    {"product_id": {"type": "string"}, "box": _BOX},
    required=["picture"],
)
_CLASSIFY = _bodies(
    "ClassifyBody", {"picture": {"type": "array", "items": _FILE, "minItems": 1}}, {"k": {**_K}}, required=["picture"]
)


@router.post("/catalogues/{name}/search", response_model=SearchAnswer, openapi_extra=_SEARCH)
async def search(access: Reading, request: Request) -> Response:
    """Products that look like the one thing that all pictures show, or like a product of the catalogue, or that say so
    in words, or both; best first."""
    service, opened = access.service, access.opened
    service.model.check()
    most = service.options.max_pictures
    body, sent = await read_query(request, SearchBody, files=["picture"], many="picture", most=most)
    _check_question(body, most)
    try:
        condition = filters.parse(body.filter) if body.filter else None
    except FilterError as error:
        raise explained(error, field="/filter") from None
    options = Options(k=body.k, metric=body.metric, condition=condition, threshold=body.threshold)
    why: list[Explained] = []
    wish = body.wish()
    await _check_examples(access, body)
    if body.like is not None:
        if await access.ask(partial(opened.catalogue.product, body.like)) is None:
            raise no_product(body.like)
        answer = await access.ask(partial(_alike, opened, body.like, options, wish, body.user))
    elif not body.pictures:
        answer = await access.ask(partial(_worded, opened, options, wish, body.user))
    else:
        pictures = await picture_bytes(access, body.pictures, sent.get("picture", []))
        box = body.box.box() if body.box else None
        asked = partial(_search, opened, pictures, options, box, wish=wish, user=body.user, explain=body.explain)
        answer, why = await service.model.run(asked)
    service.metrics.embed_seconds.observe(answer.embed_seconds)
    service.metrics.search_seconds.observe(answer.search_seconds)
    said = search_answer(answer, metric=body.metric, catalogue=opened.name, why=why)
    # Written here: FastAPI would check our own answer once more, a millisecond each time.
    return Response(said.model_dump_json(), media_type=JSON)


@router.post("/catalogues/{name}/match", openapi_extra=_MATCH)
async def match(access: Reading, request: Request) -> ComparisonAnswer:
    """How likely a picture and another, or a picture and a product, show the same product, and why."""
    access.service.model.check()
    body, sent = await read_query(request, MatchBody, files=["picture", "other"], most=2)
    product = body.product_id
    if product is not None and await access.ask(partial(access.opened.catalogue.product, product)) is None:
        raise no_product(product)
    pictures = await picture_bytes(access, [body.picture], sent.get("picture", []), field="/picture")
    if body.other:
        pictures += await picture_bytes(access, [body.other], sent.get("other", []), field="/other")
    box = body.box.box() if body.box else None
    return await access.service.model.run(partial(_compare, access, pictures, box, product))


@router.post("/classify", openapi_extra=_CLASSIFY)
async def classify(request: Request, key: Asking) -> ClassifyAnswer:
    """What each picture shows, by the trained model that the server was given, and how probable that is."""
    service = service_of(request)
    classifier = service.classifier
    if classifier is None:
        detail = "this server has no trained model; start it with --classifier MODEL"
        raise Problem(404, "no-classifier", detail)
    service.model.check()
    most = service.options.max_pictures
    body, sent = await read_query(request, ClassifyBody, files=["picture"], many="picture", most=most)
    if len(body.pictures) > most:
        raise Problem.at("/pictures", f"{len(body.pictures)} pictures; at most {most} are taken at once")
    opened = next(opened for opened in service.shelf.all())
    access = Access(service, opened, key, key.scope(opened.name) or next(iter(key.scopes.values())))
    pictures = await picture_bytes(access, body.pictures, sent.get("picture", []))
    answers = [
        await service.model.run_patiently(partial(_classify, classifier, data, place, body.k, opened.limits))
        for place, data in enumerate(pictures)
    ]
    return ClassifyAnswer(model=classifier.manifest.name, target=classifier.labels.target, pictures=answers)


def _check_question(body: SearchBody, most: int) -> None:
    if both := sorted(set(body.more) & set(body.less)):
        raise Problem.at("/less", f"{both[0][:100]!r} is in more, too; one is right")
    wish = body.wish()
    if body.pictures and body.like is not None:
        raise Problem.at("/pictures", "give one or more pictures, or like, one of the two")
    if not (body.pictures or body.like is not None or wish.text.strip() or wish.more):
        raise Problem.at("/pictures", "give one or more pictures, or like, text or more")
    if len(body.pictures) > most:
        raise Problem.at("/pictures", f"{len(body.pictures)} pictures; at most {most} are taken at once")
    if not body.pictures and (body.box or body.explain):
        raise Problem.at("/like" if body.like is not None else "/text", "box and explain go with pictures")
    if wish.worded and (body.threshold is not None or body.metric is not Metric.COSINE):
        field = "/threshold" if body.threshold is not None else "/metric"
        raise Problem.at(field, "compares looks alone; leave it out with text and minus")


async def _check_examples(access: Access, body: SearchBody) -> None:
    """Products that are there and have a photo to compare."""
    for field, ids in (("more", body.more), ("less", body.less)):
        counts = await access.ask(partial(access.opened.catalogue.records.photo_counts, ids)) if ids else {}
        for place, product_id in enumerate(ids):
            if product_id not in counts:
                detail = f"there is no product {product_id[:100]!r} with a photo"
                raise Problem.at(f"/{field}/{place}", detail, status=404, kind="no-product")


def _views(
    opened: Opened, searcher: Searcher, pictures: list[bytes], box: Box | None, *, field: str = "/pictures/{}"
) -> list[View]:
    """For a searcher, as its model wants them. Raises Problem that says which picture cannot be used."""
    side = decode_side(searcher.embedder.manifest.preprocessing)
    views = []
    for place, data in enumerate(pictures):
        try:
            views.append(open_view(data, side=side, box=box, name="the picture", limits=opened.limits))
        except PictureError as error:
            raise explained(error, field=field.format(place)) from None
    return views


def _alike(opened: Opened, product_id: str, options: Options, wish: Wish, user: str | None) -> Answer:
    opened.refresh()
    searcher = opened.catalogue.searcher
    return opened.catalogue.shoppers.searched(
        lambda asked: searcher.search_like(product_id, asked, wish), options, user
    )


def _worded(opened: Opened, options: Options, wish: Wish, user: str | None) -> Answer:
    opened.refresh()
    searcher = opened.catalogue.searcher
    return opened.catalogue.shoppers.searched(lambda asked: searcher.search((), asked, wish), options, user)


def _search(
    opened: Opened,
    pictures: list[bytes],
    options: Options,
    box: Box | None,
    *,
    wish: Wish,
    user: str | None,
    explain: bool,
) -> tuple[Answer, list[Explained]]:
    opened.refresh()
    searcher = opened.catalogue.searcher  # asked for once: another model may take its place meanwhile
    verification = searcher.verification
    views = _views(opened, searcher, pictures, box)

    def personal(wanted: Options) -> Answer:
        return opened.catalogue.shoppers.searched(lambda asked: searcher.search(views, asked, wish), wanted, user)

    if not explain:
        return personal(options), []
    # The rivals beyond k, that a probability is weighed against, are needed to explain it.
    deep = replace(options, k=verification.candidates(options.k)) if verification else options
    answer = personal(deep)
    why = explain_matches(views, answer.matches, verification, wanted=options.k, metric=options.metric)
    return replace(answer, matches=answer.matches[: options.k]), why


def _compare(access: Access, pictures: list[bytes], box: Box | None, product_id: str | None) -> ComparisonAnswer:
    opened = access.opened
    opened.refresh()
    searcher = opened.catalogue.searcher
    (query,) = _views(opened, searcher, pictures[:1], box, field="/picture")
    if product_id is None:
        (other,) = _views(opened, searcher, pictures[1:], None, field="/other")
        verifiers = opened.catalogue.verifiers
        return comparison_answer(compare_views(query, other, embedder=searcher.embedder, verifiers=verifiers))
    if searcher.verification is None:
        raise Problem(409, "not-calibrated", "no calibration fits the catalogue's model; run the job calibrate")
    found = compare_product(searcher, searcher.verification, query, product_id)
    photo = PhotoAnswer.of(found.photo, opened.name)
    return comparison_answer(found.comparison, product=found.match.product, photo=photo)


def _classify(classifier: Classifier, data: bytes, place: int, k: int, limits: Limits) -> ClassifiedAnswer:
    side = decode_side(classifier.manifest.preprocessing)
    try:
        image = open_bytes(data, side=side, name="the picture", limits=limits).image
    except PictureError as error:
        raise explained(error, field=f"/pictures/{place}") from None
    probabilities = classifier.classify([image])
    labels = classifier.labels
    return ClassifiedAnswer(
        answers=_labels(best(probabilities[0], labels.names, k=k)),
        groups={group.name: _labels(best(group.sums(probabilities)[0], group.values, k=k)) for group in labels.groups},
    )


def _labels(answers: tuple[Label, ...]) -> list[LabelAnswer]:
    return [LabelAnswer(label=one.label, probability=round(one.probability, 6)) for one in answers]

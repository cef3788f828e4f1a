"""`/describe`: what pictures show, in words."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from shelflens.attributes.description import Description
from shelflens.classify.answers import Answer as Label
from shelflens.classify.base import Classifier
from shelflens.errors import PictureError
from shelflens.picture import decode_side
from shelflens.search import open_view
from shelflens.serve.answers import LabelAnswer, problems
from shelflens.serve.bodies import Body, PictureBody
from shelflens.serve.problems import Problem
from shelflens.serve.queries import FORM, JSON, picture_bytes, read_query
from shelflens.serve.service import Reading
from shelflens.serve.shelf import Opened

router = APIRouter(
    prefix="/v1/catalogues/{name}", tags=["search"], responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 429)
)
SIDE = 256  # pixels of the short side at which a picture is decoded where the catalogue has no model yet


class DescribeBody(Body):
    """Pictures to describe; each is answered by itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pictures": [{"url": "https://shop.example/photos/1001.jpg"}]}]}
    )

    pictures: list[PictureBody] = Field(min_length=1)


class ColourAnswer(BaseModel):
    name: str = Field(examples=["red"])
    name_zh: str = Field(examples=["红色"])
    share: float = Field(description="Of the product's area, 0..1.")
    weight: float = Field(description="As people weigh it, 0..1: vivid colours count more. The order of the list.")
    hex: str = Field(examples=["#d12a33"])


class DescriptionAnswer(BaseModel):
    """Or, with `error`, why the picture cannot be described."""

    category: list[LabelAnswer]
    colours: list[ColourAnswer]
    attributes: dict[str, list[LabelAnswer]]
    error: str | None = None


class DescribeAnswer(BaseModel):
    descriptions: list[DescriptionAnswer] = Field(description="In the order of the pictures.")


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/DescribeBody"}},
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"picture": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                    "required": ["picture"],
                }
            },
        },
    }
}


@router.post("/describe", openapi_extra=_BODY)
async def describe(access: Reading, request: Request) -> DescribeAnswer:
    """Each picture's category, main colours (of the product, not of what is behind it), and what else the catalogue's
    columns tell of it, with probabilities. A picture that cannot be described is told, and the rest goes on."""
    service = access.service
    service.model.check()
    most = service.options.max_pictures
    body, sent = await read_query(request, DescribeBody, files=["picture"], many="picture", most=most)
    if len(body.pictures) > most:
        raise Problem.at("/pictures", f"{len(body.pictures)} pictures; at most {most} are taken at once")
    files, found = list(sent.get("picture", [])), []
    for place, picture in enumerate(body.pictures):
        own = [files.pop(0)] if picture.base64 == "-" and files else []
        try:
            (data,) = await picture_bytes(access, [picture], own)
        except Problem as problem:
            if problem.status_code not in (413, 422):
                raise
            found.append(_refused(str(problem.detail)))
            continue
        work = partial(_described, access.opened, data, service.classifier)
        found.append(await (service.model.run(work) if place == 0 else service.model.run_patiently(work)))
    return DescribeAnswer(descriptions=found)


def _described(opened: Opened, data: bytes, classifier: Classifier | None) -> DescriptionAnswer:
    opened.refresh()
    catalogue = opened.catalogue
    known = catalogue.records.active_space() is not None
    side = decode_side(catalogue.searcher.embedder.manifest.preprocessing) if known else SIDE
    try:
        view = open_view(data, side=side, name="the picture", limits=opened.limits)
        return description_answer(catalogue.attributes.describe(view, classifier))
    except PictureError as error:
        return _refused(str(error))


def description_answer(description: Description) -> DescriptionAnswer:
    return DescriptionAnswer(
        category=_labels(description.category),
        colours=[
            ColourAnswer(name=one.name, name_zh=one.name_zh, share=one.share, weight=one.weight, hex=f"#{one.hex}")
            for one in description.colours
        ],
        attributes={column: _labels(answers) for column, answers in description.attributes.items()},
    )


def _labels(answers: tuple[Label, ...]) -> list[LabelAnswer]:
    return [LabelAnswer(label=one.label, probability=round(one.probability, 6)) for one in answers]


def _refused(reason: str) -> DescriptionAnswer:
    return DescriptionAnswer(category=[], colours=[], attributes={}, error=reason)

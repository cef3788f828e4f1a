"""`/feedback`, `/users`, `/recommend`: what shoppers did, and what they may like."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shelflens import filters
from shelflens.errors import CatalogueError, FilterError
from shelflens.serve.answers import FaultAnswer, PhotoAnswer, ProductAnswer, problems
from shelflens.serve.bodies import MAX_K, Body, Condition, ProductId, UserId
from shelflens.serve.problems import Fault, Problem, explained, faults_of
from shelflens.serve.service import PathText, Reading, Writing, no_product
from shelflens.shopper.base import Event, Kind
from shelflens.shopper.pseudonym import check_user
from shelflens.shopper.recommending import Recommendation

router = APIRouter(prefix="/v1/catalogues/{name}", tags=["shoppers"], responses=problems(400, 401, 404, 422, 429))
MAX_EVENTS = 1_000  # of one request
LATER = 24 * 3600.0  # seconds that a clock may be fast


class EventBody(Body):
    """One thing that a shopper did."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "view", "product_id": "1001"}]})

    kind: Kind
    product_id: ProductId
    at: datetime | None = Field(None, description="ISO 8601, UTC where no zone is said, or seconds since 1970; now.")

    def event(self, now: float) -> Event:
        if self.at is None:
            return Event(self.kind, self.product_id, now)
        at = self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)
        return Event(self.kind, self.product_id, at.timestamp())


class FeedbackBody(Body):
    """Events of one user. One that cannot be used is told and the rest is kept."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user": "u-17", "events": [{"kind": "view", "product_id": "1001"}]}]}
    )

    user: UserId
    events: Annotated[
        list[dict[str, Any]],
        Field(min_length=1, max_length=MAX_EVENTS, description="EventBody each: kind, product_id, at."),
    ]


class RecommendBody(Body):
    """For a user, like a product (of the user's taste, where both are given), or going with a product."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user": "u-17", "k": 5}, {"goes_with": "1001"}]})

    user: UserId | None = None
    like: ProductId | None = None
    goes_with: ProductId | None = None
    k: int = Field(10, ge=1, le=MAX_K)
    filter: Condition | None = None

    @model_validator(mode="after")
    def _one(self) -> RecommendBody:
        if self.user is None and self.like is None and self.goes_with is None:
            raise ValueError("give user, like or goes_with")
        if self.like is not None and self.goes_with is not None:
            raise ValueError("give like or goes_with, one of the two")
        return self


class EventFaultAnswer(BaseModel):
    row: int = Field(description="From 0.")
    errors: list[FaultAnswer]


class FeedbackAnswer(BaseModel):
    accepted: int = Field(description="Events that are kept durably.")
    rows: list[EventFaultAnswer] = Field(description="Those that are not.")


class EventAnswer(BaseModel):
    kind: Kind
    product_id: str
    at: datetime


class UserAnswer(BaseModel):
    events: list[EventAnswer] = Field(description="The newest first; empty where nothing is known.")


class RecommendationAnswer(BaseModel):
    product: ProductAnswer
    score: float
    reasons: list[str] = Field(examples=[["because you looked at Apple juice"]])
    photo: PhotoAnswer | None

    @classmethod
    def of(cls, found: Recommendation, catalogue: str) -> RecommendationAnswer:
        return cls.model_construct(
            product=ProductAnswer.of(found.product),
            score=round(found.score, 6),
            reasons=list(found.reasons),
            photo=PhotoAnswer.of(found.photo, catalogue) if found.photo else None,
        )


class RecommendAnswer(BaseModel):
    recommendations: list[RecommendationAnswer]


@router.post("/feedback", responses=problems(403, 413))
async def feedback(access: Writing, body: FeedbackBody) -> FeedbackAnswer:
    """Keeps what a user did, under a pseudonym. What is accepted is durable when the answer comes."""
    catalogue, now = access.opened.catalogue, time.time()
    events, bad = _events(body.events, now)
    unknown = await access.ask(partial(catalogue.shoppers.unknown, [event.product_id for event in events.values()]))
    for row, event in list(events.items()):
        if event.product_id in unknown:
            bad[row] = [Fault("/product_id", f"there is no product {event.product_id[:100]!r}")]
            del events[row]
    if events:
        later = await access.ask(partial(catalogue.shoppers.feedback_later, body.user, list(events.values())))
        await asyncio.wrap_future(later)
    rows = [
        EventFaultAnswer(row=row, errors=[FaultAnswer(field=one.field, detail=one.detail) for one in faults])
        for row, faults in sorted(bad.items())
    ]
    return FeedbackAnswer(accepted=len(events), rows=rows)


@router.get("/users/{user}", responses=problems(403))
async def get_user(access: Writing, user: PathText) -> UserAnswer:
    """All that is known of a user: what he did with which products."""
    kept = await access.ask(partial(access.opened.catalogue.shoppers.events, _checked(user)))
    at = [datetime.fromtimestamp(one.at, UTC) for one in kept]
    return UserAnswer(
        events=[
            EventAnswer(kind=one.kind, product_id=one.product_id, at=when) for one, when in zip(kept, at, strict=True)
        ]
    )


@router.delete("/users/{user}", status_code=204, responses=problems(403))
async def forget_user(access: Writing, user: PathText) -> None:
    """Deletes all that is known of a user; no trace is left. Also where nothing was known."""
    await access.ask(partial(access.opened.catalogue.shoppers.forget, _checked(user)))


@router.post("/recommend", responses=problems(409))
async def recommend(access: Reading, body: RecommendBody) -> RecommendAnswer:
    """What a shopper may like, best first, not all the same, each with the reasons; empty where nothing is known."""
    catalogue = access.opened.catalogue
    try:
        condition = filters.parse(body.filter) if body.filter else None
    except FilterError as error:
        raise explained(error, field="/filter") from None
    asked = body.like if body.like is not None else body.goes_with
    if asked is not None and await access.ask(partial(catalogue.product, asked)) is None:
        raise no_product(asked)
    question = partial(
        catalogue.shoppers.recommend,
        user=body.user,
        like=body.like,
        goes_with=body.goes_with,
        k=body.k,
        condition=condition,
    )
    found = await access.ask(question)
    return RecommendAnswer(recommendations=[RecommendationAnswer.of(one, access.opened.name) for one in found])


def _checked(user: str) -> str:
    try:
        check_user(user)
    except CatalogueError as error:
        raise Problem.at("user", str(error)) from None
    return user


def _events(rows: Sequence[dict[str, Any]], now: float) -> tuple[dict[int, Event], dict[int, list[Fault]]]:
    """By row: the events, and what is at fault in the others."""
    events: dict[int, Event] = {}
    bad: dict[int, list[Fault]] = {}
    for row, data in enumerate(rows):
        try:
            event = EventBody.model_validate(data).event(now)
        except (ValidationError, OverflowError) as error:
            bad[row] = (
                faults_of([{**one, "loc": ("body", *one["loc"])} for one in error.errors()])
                if isinstance(error, ValidationError)
                else [Fault("/at", "is no time of this age")]
            )
            continue
        if event.at > now + LATER:
            bad[row] = [Fault("/at", "lies in the future; give the time at which it happened, or none")]
        else:
            events[row] = event
    return events, bad

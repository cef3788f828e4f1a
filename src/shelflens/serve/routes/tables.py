"""`/columns`: which column of a shop's table is which field, for whoever reads the table himself, as the page does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from shelflens.feed.columns import assign_usual, column_names
from shelflens.serve.answers import problems
from shelflens.serve.bodies import Body, Words
from shelflens.serve.service import Reading

router = APIRouter(prefix="/v1/catalogues/{name}", tags=["products"], responses=problems(401, 404, 422, 429))


class ColumnsBody(Body):
    """A table's header, in its order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"columns": ["SKU", "Product name", "image_url", "EAN"]}]}
    )

    columns: Annotated[list[Words], Field(max_length=1_000)]


class ColumnsAnswer(BaseModel):
    """Columns by what they feed; all others are attributes."""

    columns: list[str] = Field(description="The header, each name once: a second image is image_2.")
    product_id: str | None = Field(description="null: no column has a usual name of it.")
    photos: list[str]
    gtins: list[str]
    fields: dict[str, str] = Field(
        description="title, description, brand, category, price, url", examples=[{"title": "Product name"}]
    )


@router.post("/columns")
async def assign_columns(_access: Reading, body: ColumnsBody) -> ColumnsAnswer:
    """Which column is which field, by the names that are usual in shops: as `index` reads a table."""
    columns = column_names(body.columns)
    found = assign_usual(columns)
    return ColumnsAnswer(
        columns=list(columns),
        product_id=found.product_id or None,
        photos=list(found.photos),
        gtins=list(found.gtins),
        fields=dict(found.single),
    )

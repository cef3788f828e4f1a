"""`/products/bulk`: many products at once, each taken or refused by itself."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from fastapi import APIRouter, Request

from shelflens.errors import FetchError, PictureError, ShelflensError
from shelflens.serve.answers import BulkAnswer, PhotoAnswer, RowAnswer, problems
from shelflens.serve.answers import FaultAnswer as FaultOf
from shelflens.serve.bodies import RowBody
from shelflens.serve.problems import Fault, Problem
from shelflens.serve.queries import JSON, media_type, not_supported, picture_bytes, read_json
from shelflens.serve.rows import read_row
from shelflens.serve.service import Access, Writing
from shelflens.types import Product

router = APIRouter(prefix="/v1/catalogues/{name}/products", tags=["products"])
LINES = "application/x-ndjson"

_ROWS = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "properties": {"rows": {"type": "array", "items": {"$ref": "#/components/schemas/RowBody"}}},
                    "required": ["rows"],
                }
            },
            LINES: {"schema": {"type": "string", "description": "A row a line."}},
        },
    }
}


@router.post("/bulk", responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429), openapi_extra=_ROWS)
async def put_many(access: Writing, request: Request) -> BulkAnswer:
    """Puts, or removes, each row's product and takes in its photos. What a row says replaces the product's fields;
    photos are added. A row that cannot be used is answered with its faults, and the rest goes on.

    For more rows, or many photos, use a job of kind index.
    """
    rows = await _rows(access, request)
    answers = [await _row(access, number, data) for number, data in enumerate(rows)]
    failed = sum(answer.status >= 400 for answer in answers)
    return BulkAnswer(rows=answers, taken=len(answers) - failed, failed=failed)


async def _rows(access: Access, request: Request) -> list[Any]:
    kind = media_type(request)
    if kind == LINES:
        lines = [line for line in (await request.body()).split(b"\n") if line.strip()]
        rows = [_parsed(line) for line in lines]
    elif kind == JSON:
        body = await read_json(request)
        if not (isinstance(body, dict) and isinstance(body.get("rows"), list)):
            raise Problem.at("/rows", 'send {"rows": [{"product_id": …}, …]}')
        rows = body["rows"]
    else:
        raise not_supported(kind, send=f"{JSON} or {LINES}")
    if len(rows) > access.service.options.max_rows:
        detail = f"{len(rows)} rows; at most {access.service.options.max_rows} are taken at once"
        raise Problem.at("/rows", detail, status=413, kind="too-many-rows")
    return rows


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None  # told as a row that is no object


async def _row(access: Access, number: int, data: Any) -> RowAnswer:
    row = read_row(data)
    if isinstance(row, list):
        product_id = data.get("product_id") if isinstance(data, dict) else None
        shown = product_id[:1024] if isinstance(product_id, str) else None
        return _answer(number, shown, 422, row)
    catalogue = access.opened.catalogue
    try:
        if row.remove:
            removed = await access.service.records.run_patiently(partial(catalogue.remove, [row.product_id]))
            missing = [Fault("/product_id", "there is no such product")]
            return _answer(number, row.product_id, 204 if removed else 404, [] if removed else missing)
        former: list[Product | None] = []

        def change(known: Product | None) -> Product:
            former.append(known)
            return row.product(row.product_id)

        put = partial(catalogue.change, row.product_id, change)
        await access.service.records.run_patiently(put)
        photos, faults = await _photos(access, row)
    except ShelflensError as error:
        problem = access.service.shelf.explained(error)
        return _answer(number, row.product_id, problem.status_code, [Fault("/", str(problem.detail))])
    return _answer(number, row.product_id, 200 if former[-1] else 201, faults, photos)


async def _photos(access: Access, row: RowBody) -> tuple[list[PhotoAnswer], list[Fault]]:
    photos: list[PhotoAnswer] = []
    faults: list[Fault] = []
    for place, picture in enumerate(row.photos):
        try:
            (data,) = await picture_bytes(access, [picture], field="/picture")
            add = partial(access.opened.catalogue.add_photo, row.product_id, data, source=picture.url or "")
            photos.append(PhotoAnswer.of(await access.service.model.run_patiently(add), access.opened.name))
        except Problem as problem:
            if problem.status_code == 429:
                raise
            faults.append(Fault(f"/photos/{place}", str(problem.detail)))
        except (FetchError, PictureError) as error:
            faults.append(Fault(f"/photos/{place}", str(error)))
    return photos, faults


def _answer(
    number: int, product_id: str | None, status: int, faults: list[Fault], photos: list[PhotoAnswer] | None = None
) -> RowAnswer:
    errors = [FaultOf(field=fault.field, detail=fault.detail[:500]) for fault in faults]
    return RowAnswer.model_construct(
        row=number, product_id=product_id, status=status, photos=photos or [], errors=errors
    )

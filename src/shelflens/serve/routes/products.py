"""`/v1/catalogues/{name}/products`: put, change, remove, look up, list."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from shelflens import filters
from shelflens.serve.answers import (
    PhotoAnswer,
    ProductAnswer,
    ProductsAnswer,
    ProductWithPhotos,
    RemovedAnswer,
    etag,
    problems,
    product_path,
)
from shelflens.serve.bodies import Condition, ProductBody, ProductId, ProductPatch
from shelflens.serve.problems import Fault, Problem
from shelflens.serve.service import Access, PathText, Reading, Writing, no_product
from shelflens.types import Product

router = APIRouter(prefix="/v1/catalogues/{name}/products", tags=["products"], responses=problems(401, 404, 422, 429))

IfMatch = Annotated[str | None, Header(description="The ETag that the product must still have.")]
IfNoneMatch = Annotated[str | None, Header(description="With *: only if there is none yet.")]


@router.get("")
async def list_products(
    access: Reading,
    filter: Annotated[Condition | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=4096, description="`next` of the page before.")] = None,
) -> ProductsAnswer:
    """Products by id, a page at a time; the pages hold together while products come and go."""
    condition = filters.parse(filter) if filter else None
    after = _after(cursor) if cursor else ""
    records = access.opened.catalogue.records

    def page() -> list[ProductWithPhotos]:
        products = records.page(after=after, limit=limit + 1, condition=condition)
        return [_with_photos(access, product) for product in products]

    found = await access.ask(page)
    more = len(found) > limit
    return ProductsAnswer(products=found[:limit], next=_cursor(found[limit - 1].product_id) if more else None)


@router.get("/{product_id}", responses={304: {"description": "The product has the ETag that was given."}})
async def get_product(
    access: Reading, product_id: PathText, response: Response, if_none_match: Annotated[str | None, Header()] = None
) -> ProductWithPhotos:
    """One product with its photos."""
    product = await access.ask(partial(access.opened.catalogue.product, product_id))
    if product is None:
        raise no_product(product_id)
    response.headers["ETag"] = etag(product)
    if _names(if_none_match, etag(product)):
        response.status_code = 304
    return await access.ask(partial(_with_photos, access, product))


@router.put(
    "/{product_id}",
    responses={201: {"model": ProductAnswer, "description": "It is new."}, **problems(403, 409, 412, 413)},
)
async def put_product(
    *,
    access: Writing,
    product_id: PathText,
    body: ProductBody,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> ProductAnswer:
    """Sets every field of a product, which may be new. Its photos stay."""
    new = _checked_id(product_id)
    former: list[Product | None] = []

    def change(known: Product | None) -> Product:
        _check_match(known, if_match, if_none_match)
        former.append(known)
        return body.product(new)

    product = await access.ask(partial(access.opened.catalogue.change, new, change))
    response.headers["ETag"] = etag(product)
    if former[-1] is None:
        response.status_code = 201
        response.headers["Location"] = product_path(access.opened.name, new)
    return ProductAnswer.of(product)


@router.patch("/{product_id}", responses=problems(403, 409, 412, 413))
async def patch_product(
    access: Writing, product_id: PathText, body: ProductPatch, response: Response, if_match: IfMatch = None
) -> ProductAnswer:
    """Sets the fields that are given; null empties one."""

    def change(known: Product | None) -> Product:
        if known is None:
            raise no_product(product_id)
        _check_match(known, if_match, None)
        return body.apply(known)

    product = await access.ask(partial(access.opened.catalogue.change, product_id, change))
    response.headers["ETag"] = etag(product)
    return ProductAnswer.of(product)


@router.delete("/{product_id}", status_code=204, responses=problems(403, 412))
async def delete_product(access: Writing, product_id: PathText, if_match: IfMatch = None) -> None:
    """Removes a product with its photos."""
    catalogue = access.opened.catalogue
    if if_match is not None:
        known = await access.ask(partial(catalogue.product, product_id))
        _check_match(known, if_match, None)
    if not await access.ask(partial(catalogue.remove, [product_id])):
        raise no_product(product_id)


@router.delete("", responses=problems(403))
async def delete_products(
    access: Writing, product_id: Annotated[list[str], Query(min_length=1, max_length=1000)]
) -> RemovedAnswer:
    """Removes several products with their photos; those that are not there are listed."""
    catalogue = access.opened.catalogue

    def remove(ids: Sequence[str]) -> RemovedAnswer:
        known = {product.product_id for product in catalogue.records.products(ids)}
        unknown = [one for one in dict.fromkeys(ids) if one not in known]
        return RemovedAnswer(removed=catalogue.remove(ids), unknown=unknown)

    return await access.ask(partial(remove, product_id))


def _with_photos(access: Access, product: Product) -> ProductWithPhotos:
    photos = access.opened.catalogue.records.photos_of(product.product_id)
    answer = ProductAnswer.of(product)
    its = [PhotoAnswer.of(photo, access.opened.name) for _, photo in photos]
    return ProductWithPhotos.model_construct(**answer.__dict__, photos=its)


def _checked_id(product_id: str) -> str:
    """The id of a new product, under the rules of the bodies."""
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter[str](ProductId).validate_python(product_id)
    except ValidationError as error:
        detail = error.errors()[0]["msg"]
        raise Problem(422, "invalid-request", f"product_id: {detail}", faults=[Fault("product_id", detail)]) from None


def _check_match(known: Product | None, if_match: str | None, if_none_match: str | None) -> None:
    there = etag(known) if known else None
    if if_match is not None and not (there and (if_match.strip() == "*" or _names(if_match, there))):
        raise Problem(412, "changed-meanwhile", "the product does not have that ETag any more; get it again")
    if if_none_match is not None and there and (if_none_match.strip() == "*" or _names(if_none_match, there)):
        raise Problem(412, "there-already", "there is such a product already")


def _names(header: str | None, tag: str) -> bool:
    """Whether a header of entity tags has this one."""
    return header is not None and tag in {one.strip().removeprefix("W/") for one in header.split(",")}


def _cursor(product_id: str) -> str:
    return base64.urlsafe_b64encode(product_id.encode()).decode()


def _after(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise Problem.at("cursor", "is not one that a page gave; begin without one") from None

"""`/v1/catalogues`: what there is, and what can be filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request

from shelflens import filters
from shelflens.assemble import Info
from shelflens.manifest import ModelManifest
from shelflens.serve.answers import (
    CatalogueAnswer,
    CataloguesAnswer,
    FacetAnswer,
    FacetsAnswer,
    FacetValueAnswer,
    problems,
)
from shelflens.serve.bodies import Condition
from shelflens.serve.keys import Scope
from shelflens.serve.service import Asking, Reading, service_of
from shelflens.serve.shelf import Opened

router = APIRouter(prefix="/v1", tags=["catalogues"], responses=problems(401, 429))


@dataclass(frozen=True, slots=True)
class _Facts:
    info: Info
    manifest: ModelManifest | None
    calibrated: bool


@router.get("/catalogues")
async def list_catalogues(request: Request, key: Asking) -> CataloguesAnswer:
    """The catalogues that the key may use."""
    service = service_of(request)
    found = []
    for opened in service.shelf.all():
        if scope := key.scope(opened.name):
            found.append(_answer(opened, scope, await service.records.run(partial(_facts, opened))))
    classifier = service.classifier
    return CataloguesAnswer(catalogues=found, classifier=classifier.manifest.name if classifier else None)


@router.get("/catalogues/{name}", responses=problems(404))
async def get_catalogue(access: Reading) -> CatalogueAnswer:
    """What a catalogue holds, and how it answers."""
    return _answer(access.opened, access.scope, await access.ask(partial(_facts, access.opened)))


@router.get("/catalogues/{name}/facets", responses=problems(404, 422))
async def get_facets(
    access: Reading,
    filter: Annotated[Condition | None, Query()] = None,
    fields: Annotated[
        str | None,
        Query(max_length=4096, description="Comma-separated; by default brand, category, price and usual attributes."),
    ] = None,
    values: Annotated[int, Query(ge=1, le=1000, description="Of each field, the most frequent.")] = 20,
) -> FacetsAnswer:
    """What the products that meet the filter have in each field, with counts."""
    condition = filters.parse(filter) if filter else None
    wanted = [field.strip() for field in fields.split(",") if field.strip()][:50] if fields else None
    found = await access.ask(lambda: access.opened.catalogue.records.facets(wanted, condition=condition, values=values))
    return FacetsAnswer(
        facets=[
            FacetAnswer(
                field=facet.field,
                products=facet.products,
                values=[FacetValueAnswer(value=one.value, count=one.count) for one in facet.values],
                low=facet.low,
                high=facet.high,
            )
            for facet in found
        ]
    )


def _facts(opened: Opened) -> _Facts:
    info = opened.catalogue.info()
    manifest = opened.catalogue.records.spaces()[info.space] if info.space else None
    calibrated = info.space is not None and opened.catalogue.calibration is not None
    return _Facts(info, manifest, calibrated)


def _answer(opened: Opened, scope: Scope, facts: _Facts) -> CatalogueAnswer:
    info, manifest = facts.info, facts.manifest
    return CatalogueAnswer(
        name=opened.name,
        products=info.counts.products,
        photos=info.counts.photos,
        vectors=info.counts.vectors,
        space=info.space,
        model=info.model,
        dimension=manifest.dimension if manifest else None,
        licence=manifest.licence if manifest else None,
        bytes_on_disk=info.bytes_on_disk,
        evidence=list(opened.catalogue.evidence),
        calibrated=facts.calibrated,
        speech=opened.catalogue.hears,
        scope=scope,
    )

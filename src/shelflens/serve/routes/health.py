"""`/healthz`, `/readyz`, `/metrics`: for those who run the server."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from shelflens import __version__
from shelflens.serve.answers import HealthAnswer
from shelflens.serve.service import service_of

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> HealthAnswer:
    """The process runs."""
    return HealthAnswer(status="ok", version=__version__)


@router.get("/readyz", responses={503: {"model": HealthAnswer, "description": "Not yet, or no more."}})
async def readyz(request: Request, response: Response) -> HealthAnswer:
    """Models are loaded and every catalogue answers."""
    service = service_of(request)
    ready = service.ready
    if ready:
        for opened in service.shelf.all():
            await service.records.run(partial(opened.catalogue.records.version))
    response.status_code = 200 if ready else 503
    return HealthAnswer(status="ok" if ready else "not ready", version=__version__)


_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/metrics", response_class=Response, responses=_TEXT)
async def metrics(request: Request) -> Response:
    """For Prometheus; no names of catalogues, products or keys are in it."""
    service = service_of(request)
    pools = {pool.name: pool for pool in (service.model, service.records, service.fetch)}
    return Response(service.metrics.text(pools), media_type=CONTENT_TYPE_LATEST)

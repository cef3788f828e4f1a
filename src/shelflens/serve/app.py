"""The ASGI application: routes, errors, what every request passes; and its OpenAPI document."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.middleware.cors import CORSMiddleware

from shelflens import __version__
from shelflens.serve import page, problems
from shelflens.serve.answers import ProblemAnswer
from shelflens.serve.answers import problems as problems_of
from shelflens.serve.bodies import ClassifyBody, MatchBody, PictureBody, RowBody, SearchBody
from shelflens.serve.examples import add_examples
from shelflens.serve.gate import Gate
from shelflens.serve.idempotency import Idempotency
from shelflens.serve.options import ServeOptions
from shelflens.serve.routes import (
    bulk,
    catalogues,
    describing,
    health,
    jobs,
    photos,
    previews,
    products,
    reports,
    searching,
    shoppers,
    speech,
    tables,
    watching,
)
from shelflens.serve.routes.describing import DescribeBody
from shelflens.serve.routes.shoppers import EventBody
from shelflens.serve.routes.speech import RecordingBody
from shelflens.serve.service import Service
from shelflens.settings import from_environment

VARIABLE = "SHELFLENS_SERVE"  # how a worker process is told its options
# Bodies that may also come as a form, and rows that are checked one by one.
_BY_HAND = (ClassifyBody, DescribeBody, EventBody, MatchBody, PictureBody, RecordingBody, RowBody, SearchBody)
_ANYWHERE = (400, 403, 404, 408, 413, 421, 422, 429, 431)  # what any request may be answered
_DESCRIPTION = """Finds, matches and recognises products in photos. `docs/serving.md` has the guide.

Errors are problem documents (RFC 9457) whose `errors` name the field. A write may bring an `Idempotency-Key`.
Where keys are used: `Authorization: Bearer KEY`."""


def from_environment_variable() -> FastAPI:
    """For worker processes."""
    return application(ServeOptions.from_json(os.environ[VARIABLE]))


def application(options: ServeOptions) -> FastAPI:
    """Opens the catalogues. Raises ShelflensError when one cannot be opened."""
    machine = from_environment(os.environ)
    # A request is one thread's work; threads that run one picture together only take turns under load.
    service = Service(options, replace(machine, threads=1))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = FastAPI(
        title="shelflens",
        version=__version__,
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,  # its scripts would come from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.service = service
    problems.install(app)
    parts = (
        searching,  # first, as routes are tried in turn and this is what is asked most
        catalogues,
        bulk,
        products,
        photos,
        describing,
        shoppers,
        speech,
        tables,
        previews,
        reports,
        jobs,
        watching,
        health,
        page,
    )
    for part in parts:
        app.include_router(part.router, responses=problems_of(*_ANYWHERE))
    app.add_middleware(Idempotency, service=service)
    if options.allow_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=options.allow_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-API-Key", "Idempotency-Key", "If-Match", "X-Request-Id"],
            expose_headers=["ETag", "Location", "Retry-After", "X-Request-Id"],
        )
    app.add_middleware(Gate, options=options, metrics=service.metrics)
    _describe(app)
    return app


def _describe(app: FastAPI) -> None:
    """Adds to the OpenAPI document what is read by hand."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            template = "#/components/schemas/{model}"
            models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "validation") for model in _BY_HAND]
            models.append((ProblemAnswer, "serialization"))
            _, found = models_json_schema(models, ref_template=template)
            for name, schema in found["$defs"].items():
                schemas.setdefault(name, schema)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            add_examples(document)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way

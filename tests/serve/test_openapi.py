"""The OpenAPI document, and requests drawn from it: no 5xx, and every answer is of a kind that it promises.

`SHELFLENS_SCHEMATHESIS=220 pytest -o timeout=1800 tests/serve/test_openapi.py` draws some 10,000 requests.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from tests.serve.conftest import Server

EXAMPLES = int(os.environ.get("SHELFLENS_SCHEMATHESIS", "6"))  # of each of some 28 operations
METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = server.http.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


def test_the_document_is_of_version_3_1_and_holds_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    paths = {path.removeprefix("/v1/catalogues/{name}") for path in document["paths"]}
    assert {"/products", "/products/{product_id}", "/products/bulk", "/search", "/match", "/duplicates"} <= paths
    assert {"/jobs", "/jobs/{job_id}", "/facets", "/v1/classify", "/healthz", "/readyz", "/metrics"} <= paths
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert operation["description"], (method, path)
        for status, response in operation["responses"].items():
            if status.startswith("4"):
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)


def test_every_body_has_an_example_that_the_server_takes(document: dict[str, Any], http: httpx.Client) -> None:
    from shelflens.serve import bodies

    schemas = document["components"]["schemas"]
    for name in ("ProductBody", "ProductPatch", "SearchBody", "MatchBody", "ClassifyBody", "RowBody", "JobBody"):
        for example in schemas[name]["examples"]:
            getattr(bodies, name).model_validate(example)
    (juice,) = schemas["ProductBody"]["examples"]
    assert http.put("/v1/catalogues/shop/products/example", json=juice).status_code == 201
    assert http.delete("/v1/catalogues/shop/products/example").status_code == 204


def test_no_drawn_request_is_answered_with_5xx(server: Server, document: dict[str, Any]) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed; pip install .[dev]")
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

    schema = schemathesis.openapi.from_dict(document)
    checks = [not_a_server_error, status_code_conformance, content_type_conformance]
    drawn = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in GenerationMode:

            @settings(
                max_examples=EXAMPLES,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal drawn
                drawn += 1
                if "name" in case.path_parameters:
                    case.path_parameters["name"] = "shop"
                case.call_and_validate(base_url=server.url, checks=checks, timeout=60)

            with suppress(Unsatisfiable):  # nothing about /healthz can be wrong
                ask()
    assert drawn > 20 * EXAMPLES

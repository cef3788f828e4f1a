"""The OpenAPI document, and requests drawn from it: no 5xx, and every answer is of a kind that it promises.

`SHELFLENS_SCHEMATHESIS=220 pytest -s -o timeout=3600 tests/serve/test_openapi.py` sends more than 10,000 requests and
prints how many of each operation, with the statuses of their answers.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from tests.serve.conftest import Server

EXAMPLES = int(
    os.environ.get("SHELFLENS_SCHEMATHESIS", "6")
)  # of each of some 35 operations: right ones, and as many wrong ones
METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def serving(classifier: Path) -> tuple[str | Path, ...]:
    return ("--classifier", classifier)


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
    for method, path, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if reference := media["schema"].get("$ref"):
                assert schemas[reference.rpartition("/")[2]]["examples"], (method, path)
    for name in ("ProductBody", "ProductPatch", "SearchBody", "MatchBody", "ClassifyBody", "RowBody", "JobBody"):
        for example in schemas[name]["examples"]:
            getattr(bodies, name).model_validate(example)
    (juice,) = schemas["ProductBody"]["examples"]
    assert http.put("/v1/catalogues/shop/products/example", json=juice).status_code == 201
    assert http.delete("/v1/catalogues/shop/products/example").status_code == 204


def test_every_answer_has_an_example_that_is_as_promised(document: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema_rs", reason="schemathesis is not installed; pip install .[dev]")
    seen = 0
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for media, content in response.get("content", {}).items():
                if media.endswith("json") and not status.startswith("5"):
                    assert "example" in content, (method, path, status)
                    schema = {**content["schema"], "components": document["components"]}
                    jsonschema.validate(schema, content["example"])
                    seen += status.startswith("2")
    assert seen >= 30


@dataclass(frozen=True, slots=True)
class Known:
    """What is there, put into drawn requests, which would seldom get past a 404 or a picture that is none."""

    ids: Mapping[str, str]  # by the name of a path's parameter
    picture: bytes

    @classmethod
    def of(cls, http: httpx.Client, photo: bytes) -> Known:
        shop = "/v1/catalogues/shop"
        product = http.get(f"{shop}/products/p3").json()
        job = http.post(f"{shop}/duplicates").json()
        ids = {"name": "shop", "product_id": "p3", "photo_id": product["photos"][0]["photo_id"], "job_id": job["id"]}
        return cls(ids, photo)

    def path(self, case: Any, *, every: bool) -> dict[str, str]:
        """The catalogue always; the rest only on demand, and never where it would be deleted."""
        names = self.ids if every and case.method != "DELETE" else ("name",)
        return {name: self.ids[name] for name in names if name in case.path_parameters}

    def filled(self, body: Any) -> Any:
        """The body with a real photo, product or filter in the place of whatever was drawn for one."""
        if isinstance(body, list):
            return [self.filled(one) for one in body]
        if isinstance(body, bytes):
            return self.picture
        if not isinstance(body, dict):
            return body
        if isinstance(body.get("base64"), str):
            return {**body, "base64": b64encode(self.picture).decode()}
        found = {name: THERE.get(name, self.filled(value)) for name, value in body.items()}
        if "box" in found:
            found["box"] = "0.1,0.1,0.9,0.9" if isinstance(found["box"], str) else dict(zip(EDGES, BOX, strict=True))
        if "pictures" in found or "picture" in found:
            found.pop("like", None)  # one of the two
            found.pop("threshold", None)  # not with words
        return found


EDGES, BOX = ("left", "top", "right", "bottom"), (0.1, 0.1, 0.9, 0.9)
#: What the catalogue has, by the name of a body's field.
THERE = {
    "like": "p3",
    "goes_with": "p3",
    "product_id": "p3",
    "more": ["p1"],
    "less": ["p2"],
    "filter": "product_id != p9",
    "metric": "cosine",
}


def test_no_drawn_request_is_answered_with_5xx(server: Server, document: dict[str, Any], photo: bytes) -> None:
    schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed; pip install .[dev]")
    known, sent = Known.of(server.http, photo), 0
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        statuses = asked_about(found.ok(), server.url, known)
        print(f"{found.ok().label}: {dict(sorted(statuses.items()))}", flush=True)
        sent += statuses.total()
    print(f"{sent:,} requests")
    assert sent > 20 * EXAMPLES


def asked_about(operation: Any, url: str, known: Known) -> Counter[int]:
    """The statuses of drawn requests, right ones and wrong ones."""
    from schemathesis.checks import not_a_server_error
    from schemathesis.generation import GenerationMode
    from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

    checks = [not_a_server_error, status_code_conformance, content_type_conformance]
    statuses: Counter[int] = Counter()
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
            turn = statuses.total()
            case.path_parameters.update(known.path(case, every=turn % 2 == 0))
            if turn % 4 < 2:
                case.body = known.filled(case.body)
            response = case.call_and_validate(base_url=url, checks=checks, timeout=60)
            statuses[response.status_code] += 1

        with suppress(Unsatisfiable):  # nothing about /healthz can be wrong
            ask()
    return statuses

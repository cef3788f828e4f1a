"""For those who run it: logs, metrics, health, the page's files."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import httpx
from tests.serve.conftest import Server, Start

import shelflens
from shelflens.serve.options import ServeOptions, Shelved

SEARCH = "/v1/catalogues/shop/search"


def test_options_reach_a_worker_as_they_were_given() -> None:
    options = ServeOptions((Shelved("a", "/a.lens"), Shelved("b", "b")), allow_origins=("https://x",), rate=2.5)
    assert ServeOptions.from_json(options.to_json()) == options


def test_a_request_is_one_line_of_json_without_pictures_secrets_or_what_was_asked(server: Server, photo: bytes) -> None:
    headers = {"X-Request-Id": "my-id.1", "Authorization": "Bearer very-secret", "Cookie": "session=very-secret"}
    fields = {"filter": 'title = "very private"', "k": "1"}
    response = server.http.post(f"{SEARCH}?token=very-secret", files={"picture": photo}, data=fields, headers=headers)
    assert response.headers["x-request-id"] == "my-id.1"
    line = logged(server, "my-id.1")
    assert line["route"] == "/v1/catalogues/{name}/search"
    assert (line["method"], line["status"], line["event"]) == ("POST", 200, "request")
    assert line["bytes_in"] > len(photo)
    assert line["ms"] > 0
    assert "very" not in server.log.read_text()
    odd = server.http.get("/healthz", headers={"X-Request-Id": 'x"\\{}'})
    assert re.fullmatch(r"[0-9a-f]{32}", odd.headers["x-request-id"])


def logged(server: Server, request_id: str) -> dict[str, Any]:
    """The request's line; it is written after the answer."""
    deadline = time.monotonic() + 10
    while not (found := [line for line in server.lines() if line.get("request_id") == request_id]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (line,) = found
    return line


def test_metrics_count_requests_by_route_and_name_nobody(server: Server, photo: bytes) -> None:
    def count() -> float:
        name = 'shelflens_requests_total{method="POST",route="/v1/catalogues/{name}/search",status="200"} '
        lines = server.http.get("/metrics").text.splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before = count()
    for _ in range(3):
        server.http.post(SEARCH, files={"picture": photo})
    server.http.get("/wp-admin.php")
    server.http.request("BREW", "/v1/catalogues")
    text = server.http.get("/metrics").text
    assert count() == before + 3
    assert "shelflens_embed_seconds_bucket" in text
    assert "process_resident_memory_bytes" in text
    assert not any(name in text for name in ("shop", "p3", "wp-admin", "BREW"))


def test_what_is_not_there_is_a_problem_document(http: httpx.Client) -> None:
    for method, path, status in (("GET", "/nothing", 404), ("POST", "/healthz", 405), ("PUT", "/v1/catalogues", 405)):
        response = http.request(method, path)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["status"] == status
    assert "allow" in http.post("/healthz").headers


def test_the_page_may_load_nothing_from_elsewhere_and_is_sent_once(http: httpx.Client) -> None:
    page = http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://", policy)
    again = http.get("/", headers={"If-None-Match": page.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("../options.py", "..%2Foptions.py", "%2e%2e/options.py", "/etc/passwd", "index.html%00", "nothing.js"):
        assert http.get(f"/page/{path}").status_code == 404, path
    assert http.get("/page/index.html").content == page.content


def test_several_catalogues_go_by_their_folders_or_by_given_names(start: Start, copy: Path) -> None:
    http = start(copy, f"also={copy}").http
    assert [one["name"] for one in http.get("/v1/catalogues").json()["catalogues"]] == ["shop", "also"]
    assert http.put("/v1/catalogues/also/products/x", json={}).status_code == 201
    assert http.get("/v1/catalogues/shop/products/x").status_code == 200


def test_a_catalogue_that_is_not_there_ends_the_start_with_one_line(tmp_path: Path) -> None:
    server = Server(tmp_path / "none.lens", log=tmp_path / "log")
    assert server.process.wait(60) == 1
    assert "no catalogue at" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    server.http.close()


def test_an_empty_catalogue_is_filled_by_requests(start: Start, tmp_path: Path, photo: bytes) -> None:
    path = tmp_path / "deep" / "new.lens"
    http = start(path, "--create").http
    search = "/v1/catalogues/new/search"
    empty = http.post(search, files={"picture": photo})
    assert empty.status_code == 409
    assert "empty" in empty.json()["detail"]
    assert str(tmp_path) not in empty.text
    assert http.get("/v1/catalogues").json()["catalogues"][0]["photos"] == 0
    assert http.put("/v1/catalogues/new/products/first", json={"title": "First"}).status_code == 201
    assert http.post("/v1/catalogues/new/products/first/photos", files={"photo": photo}).status_code == 201
    found = http.post(search, files={"picture": photo}).json()["matches"]
    assert [match["product"]["product_id"] for match in found] == ["first"]


def test_what_another_process_decides_is_taken_up(start: Start, copy: Path, photo: bytes) -> None:
    http = start(copy).http
    plain = http.post(SEARCH, files={"picture": photo}).json()["matches"][0]["evidence"]
    assert {one["name"] for one in plain} == {"similarity"}
    with shelflens.open(copy) as catalogue:
        catalogue.look_closer(["hash"])
    deadline = time.monotonic() + 20
    while True:
        evidence = http.post(SEARCH, files={"picture": photo}).json()["matches"][0]["evidence"]
        if {one["name"] for one in evidence} == {"similarity", "hash"}:
            break
        assert time.monotonic() < deadline, evidence
        time.sleep(0.5)

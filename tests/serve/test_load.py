"""Too much at once: refused soon and clearly, and what was accepted is answered."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from base64 import b64encode
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from typing import TypeAlias

import httpx
from tests.serve.conftest import Server, Start

from shelflens.serve.rates import Rates

SEARCH = "/v1/catalogues/shop/search"
REQUESTS = int(os.environ.get("SHELFLENS_REQUESTS", "400"))  # that memory must not grow with

Request: TypeAlias = tuple[str, str, dict[str, str], bytes | None]  # method, path, headers, body


def test_a_key_that_asks_too_often_waits() -> None:
    now = 0.0
    rates = Rates(rate=2, burst=3, clock=lambda: now)
    assert [rates.take("a") for _ in range(3)] == [0, 0, 0]
    assert rates.take("a") == 0.5
    assert rates.take("b") == 0
    now = 0.5
    assert rates.take("a") == 0
    assert rates.take("a") > 0
    now = 100.0
    assert [rates.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_the_rate_limit_answers_429_with_the_time_to_wait(start: Start, indexed: Path) -> None:
    http = start(indexed, "--rate", "1", "--burst", "3").http
    answers = [http.get("/v1/catalogues") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert answers[-1].json()["type"].endswith("/rate-limit")
    assert http.get("/healthz").status_code == 200


def test_more_than_can_be_answered_soon_is_refused_and_the_rest_is_answered(
    start: Start, indexed: Path, photo: bytes
) -> None:
    server = start(indexed, "--threads", "1", "--waiting", "2", "--rate", "100000", "--burst", "100000")

    def asked(_number: int) -> tuple[int, str | None]:
        response = httpx.post(f"{server.url}{SEARCH}", files={"picture": photo}, data={"k": 1}, timeout=60)
        return response.status_code, response.headers.get("retry-after")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(asked, range(64)))
    counts = Counter(status for status, _ in answers)
    assert set(counts) == {200, 429}, counts
    assert counts[200] >= 3
    assert all(int(wait or 0) >= 1 for status, wait in answers if status == 429)
    assert asked(0)[0] == 200
    metrics = server.http.get("/metrics").text
    assert f'shelflens_pool_refused{{pool="model"}} {counts[429]}.0' in metrics


def test_a_client_that_goes_away_frees_its_place(start: Start, indexed: Path, photo: bytes) -> None:
    server = start(indexed, "--threads", "1", "--waiting", "1")
    for _ in range(8):
        with contextlib.suppress(httpx.TimeoutException):
            httpx.post(f"{server.url}{SEARCH}", files={"picture": photo}, timeout=0.002)
    deadline = time.monotonic() + 20
    while server.http.post(SEARCH, files={"picture": photo}).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert 'shelflens_pool_under_way{pool="model"} 0.0' in server.http.get("/metrics").text


def test_many_at_once_get_the_answers_that_one_gets(server: Server, shop: Path) -> None:
    photos = {path: path.read_bytes() for path in sorted(shop.glob("*/1.jpg"))}

    def asked(path: Path) -> object:
        answer = httpx.post(f"{server.url}{SEARCH}", files={"picture": photos[path]}, data={"k": 3}, timeout=60).json()
        return [(match["product"]["product_id"], match["score"], match["probability"]) for match in answer["matches"]]

    alone = {path: asked(path) for path in photos}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(asked, [*photos] * 4))
    assert together == [alone[path] for path in [*photos] * 4]


def test_memory_does_not_grow_with_requests(server: Server, photo: bytes) -> None:
    """Of all kinds in turn; `SHELFLENS_REQUESTS=100000 pytest -s tests/serve/test_load.py -k memory` sends as many, and
    prints the server's memory at every tenth. `python -m bench.load --requests 100000` asks by 100 kB photos alone."""
    asked = requests_of_all_kinds(photo)
    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)

    def ask(count: int) -> None:
        for number in range(count):
            (method, path, headers, body), statuses = asked[number % len(asked)]
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in statuses, (method, path, answer.status)

    ask(REQUESTS // 10)  # caches fill
    memory = []
    for tenth in range(10):
        memory.append(server.resident())
        ask(REQUESTS // 10)
        print(f"{(tenth + 1) * REQUESTS // 10:,} requests: x {server.resident() / memory[0]:.3f}", flush=True)
    memory.append(server.resident())
    connection.close()
    assert abs(memory[-1] - memory[0]) < 0.05 * memory[0] + (8 << 20) * (REQUESTS < 10_000)


def requests_of_all_kinds(photo: bytes) -> list[tuple[Request, set[int]]]:
    """Each with the statuses that may come: a search by photo, then many that cost less."""
    shop, typed = "/v1/catalogues/shop", {"Content-Type": "application/json"}

    def asked(method: str, path: str, body: object = None, *statuses: int) -> tuple[Request, set[int]]:
        told = None if body is None else json.dumps(body).encode()
        return (method, f"{shop}{path}", typed if told else {}, told), set(statuses or (200,))

    image = {"Content-Type": "image/jpeg"}
    by_photo = {"pictures": [{"base64": b64encode(photo).decode()}], "k": 3}
    put = {"title": "Again", "price": 3, "attributes": {"organic": True}}
    photo_id = sha256(photo).hexdigest()
    return [
        asked("POST", "/search", by_photo),
        asked("POST", "/search", {"like": "p3", "k": 3}),
        asked("POST", "/search", {"text": "round thing", "k": 3}),
        asked("GET", ""),
        asked("GET", "/products/p3"),
        asked("GET", "/products?limit=5"),
        asked("GET", "/facets"),
        asked("GET", f"/products/p3/photos/{photo_id}/thumbnail"),
        asked("PUT", "/products/again", put, 200, 201),
        asked("PATCH", "/products/again", {"price": None}),
        asked("DELETE", "/products/again", None, 204),
        asked("POST", "/feedback", {"user": "u1", "events": [{"kind": "view", "product_id": "p1"}]}),
        asked("POST", "/recommend", {"user": "u1", "k": 3}),
        asked("DELETE", "/users/u1", None, 204),
        asked("POST", "/products/bulk", {"rows": [{"product_id": "b1", "title": "In bulk"}, {"price": -1}]}),
        asked("POST", "/columns", {"columns": ["sku", "name"]}),
        asked("POST", "/search", {"k": 0}, 422),
        asked("GET", "/products/nobody", None, 404),
        (("POST", f"{shop}/search", image, b"no picture"), {415}),
        (("POST", f"{shop}/preview", image, b"no picture"), {422}),
        (("GET", "/metrics", {}, None), {200}),
        (("GET", "/page/script/shop.js", {}, None), {200}),
    ]


def test_reads_go_on_while_others_write(server: Server, photo: bytes) -> None:
    stop = threading.Event()
    statuses: Counter[int] = Counter()

    def write() -> None:
        number = 0
        with httpx.Client(base_url=server.url, timeout=60) as http:
            while not stop.is_set():
                number += 1
                path = f"/v1/catalogues/shop/products/w{number % 5}"
                statuses[http.put(path, json={"title": str(number)}).status_code] += 1
                statuses[http.post(f"{path}/photos", files={"photo": photo}).status_code] += 1
                statuses[http.delete(path).status_code] += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(20):
            answer = server.http.post(SEARCH, files={"picture": photo}, data={"k": 3})
            assert answer.status_code == 200
            assert answer.json()["matches"]
    finally:
        stop.set()
        writer.join()
    assert set(statuses) == {201, 204}, statuses

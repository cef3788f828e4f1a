"""Too much at once: refused soon and clearly, and what was accepted is answered."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from tests.serve.conftest import Server, Start

from shelflens.serve.rates import Rates

SEARCH = "/v1/catalogues/shop/search"


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
    """Briefly; `python -m bench.load` asks far more."""

    def ask(count: int) -> None:
        for _ in range(count):
            assert server.http.post(SEARCH, files={"picture": photo}, data={"k": 1}).status_code == 200

    ask(50)
    before = server.resident()
    ask(150)
    assert server.resident() < before * 1.1 + (8 << 20)


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

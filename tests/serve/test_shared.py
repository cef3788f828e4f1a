"""One catalogue in PostgreSQL, two servers with nothing else in common, as on two machines."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from tests import postgres
from tests.cli.command import shelflens
from tests.conftest import drawn_photo
from tests.serve.conftest import Start

SHOP = "/v1/catalogues/shop"


@pytest.fixture
def database() -> Iterator[postgres.Server]:
    """A server of its own, since the test kills it."""
    if not postgres.installed():
        pytest.skip(postgres.NEEDED)
    with postgres.servers("one") as (server,):
        server.make()
        server.start(fsync="off")
        yield server


def first_match(http: httpx.Client, picture: bytes) -> tuple[str, float]:
    answer = http.post(f"{SHOP}/search", files={"picture": picture}, data={"k": "1"})
    assert answer.status_code == 200, answer.text
    (match,) = answer.json()["matches"]
    return match["product"]["product_id"], match["score"]


def test_two_servers_are_one_shop(
    database: postgres.Server, start: Start, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "first"))
    address = database.address.replace("postgres@", "postgres:s3cret@") + "?catalogue=shop"
    indexed = shelflens("index", address, shop, "--quiet")
    told = shelflens("info", address, "--json")
    assert (json.loads(told.stdout)["products"], json.loads(told.stdout)["photos"]) == (8, 24)
    one = start(address, environment={"SHELFLENS_CACHE": str(tmp_path / "one")})
    two = start(f"shop={address}", environment={"SHELFLENS_CACHE": str(tmp_path / "two")})

    # what one takes in, the other finds, shows, embeds again, and forgets
    made = BytesIO()
    drawn_photo(5, 77).save(made, "JPEG", quality=90)
    assert one.http.put(f"{SHOP}/products/new", json={"title": "New"}).status_code == 201
    photo = one.http.post(f"{SHOP}/products/new/photos", files={"photo": made.getvalue()}).json()
    product_id, score = first_match(two.http, made.getvalue())
    assert (product_id, round(score, 3)) == ("new", 1)
    place = f"{SHOP}/products/new/photos/{photo['photo_id']}"
    assert two.http.get(f"{place}/picture").headers["content-type"] == "image/jpeg"
    job = two.http.post(f"{SHOP}/jobs", json={"kind": "look-closer", "evidence": ["hash"]}).json()
    while (state := one.http.get(f"{SHOP}/jobs/{job['id']}").json())["state"] in ("queued", "running"):
        time.sleep(0.05)
    assert state["state"] == "done", state
    assert (state["result"]["photos"], state["result"]["bad"]) == (25, 0)
    assert two.http.delete(place).status_code == 204
    assert first_match(one.http, made.getvalue())[0] != "new"
    assert one.http.get(f"{place}/picture").status_code == 404

    # an answer that was lost on the way is given again by the other
    put = {"json": {"title": "Twice"}, "headers": {"Idempotency-Key": "k1"}}
    answers = [server.http.put(f"{SHOP}/products/twice", **put) for server in (one, two)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["idempotent-replayed"] == "true"

    # what a machine keeps for itself may vanish
    shutil.rmtree(tmp_path / "two", ignore_errors=True)
    assert first_match(two.http, (shop / "p3" / "1.jpg").read_bytes())[0] == "p3"

    # without its database a server says so, and goes on when it is back
    database.kill()
    away = two.http.post(f"{SHOP}/search", files={"picture": made.getvalue()})
    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
    assert "127.0.0.1" not in away.text
    assert two.http.get("/healthz").status_code == 200
    database.start(fsync="off")
    assert first_match(two.http, (shop / "p3" / "1.jpg").read_bytes())[0] == "p3"
    for shown in (indexed.output, told.output, one.log.read_text(), away.text):
        assert "s3cret" not in shown

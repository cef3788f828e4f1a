"""Long work: progress, cancel, resume; it survives its worker."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.serve.conftest import SHOP, Start, ended, started

from shelflens.serve.ledger import STALE_SECONDS, Ledger, State


def test_duplicates_are_a_job_whose_result_lists_them(http: httpx.Client, photo: bytes) -> None:
    http.put(f"{SHOP}/products/twice", json={"title": "Again"})
    http.post(f"{SHOP}/products/twice/photos", files={"photo": photo})
    job = ended(http, http.post(f"{SHOP}/duplicates").json())
    assert (job["state"], job["error"]) == ("done", None)
    assert ["p3", "twice"] in [group["products"] for group in job["result"]["photo_groups"]]
    http.delete(f"{SHOP}/products/twice")
    listed = http.get(f"{SHOP}/jobs").json()["jobs"]
    assert listed[0]["id"] == job["id"]
    assert listed[0]["result"] is None
    assert http.get(f"{SHOP}/jobs/nothing").status_code == 404


def test_rows_are_indexed_by_a_job_and_bad_ones_are_listed(http: httpx.Client, shop: Path) -> None:
    picture = base64.b64encode((shop / "p0" / "0.jpg").read_bytes()).decode()
    rows = [
        {"product_id": "j1", "title": "One", "photos": [{"base64": picture}]},
        {"product_id": "j2", "photos": [{"base64": "AAAA"}, {"url": "http://127.0.0.1:9/x.jpg"}]},
        {"price": 3},
        {"product_id": "j9", "remove": True},
    ]
    http.put(f"{SHOP}/products/j9", json={})
    job = ended(http, started(http, kind="index", rows=rows))
    assert job["state"] == "done", job
    result = job["result"]
    assert (result["rows"], result["photos"], result["removed"], result["bad"]) == (2, 1, 1, 3)
    assert {row["where"] for row in result["bad_rows"]} == {"row 1", "row 2"}
    assert len(http.get(f"{SHOP}/products/j1").json()["photos"]) == 1
    assert http.get(f"{SHOP}/products/j9").status_code == 404
    again = ended(http, started(http, kind="index", rows=rows[:1]))
    assert again["result"]["unchanged"] == 1
    http.delete(f"{SHOP}/products", params={"product_id": ["j1", "j2"]})


def test_the_other_kinds_run(http: httpx.Client) -> None:
    doctor = ended(http, started(http, kind="doctor"))
    assert doctor["state"] == "done", doctor
    assert doctor["result"]["photos"] == 24
    looked = ended(http, started(http, kind="look-closer", evidence=["hash"]))
    assert looked["state"] == "done", looked
    assert looked["result"]["photos"] == 24
    assert http.get(SHOP).json()["evidence"] == ["hash"]
    calibrated = ended(http, started(http, kind="calibrate"))
    assert calibrated["state"] in ("done", "failed")  # eight products may be too few; then it says so
    assert calibrated["result"] or "calibrat" in calibrated["error"] or "product" in calibrated["error"]
    learnt = ended(http, started(http, kind="learn-words"))
    assert learnt["result"] or "product" in learnt["error"]  # as before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "sleep"},
        {"kind": "index"},
        {"kind": "doctor", "rows": [{}]},
        {"kind": "duplicates", "near": 2},
        {"kind": "duplicates", "evidence": ["local"]},
        {"kind": "doctor", "precision": 0.99},
        {"kind": "calibrate", "precision": 0.1},
    ],
)
def test_a_job_at_fault_is_refused(http: httpx.Client, body: dict[str, Any]) -> None:
    assert http.post(f"{SHOP}/jobs", json=body).status_code == 422


def rows_of(shop: Path, count: int) -> list[dict[str, Any]]:
    """Many different pictures: one photo with something behind its end."""
    data = (shop / "p1" / "0.jpg").read_bytes()
    return [
        {"product_id": f"r{number}", "photos": [{"base64": base64.b64encode(data + b"%d" % number).decode()}]}
        for number in range(count)
    ]


def wait_for_a_portion(http: httpx.Client) -> None:
    """Until the job that runs has kept some of its photos; it keeps them in portions."""
    while http.get(SHOP).json()["photos"] == 24:
        time.sleep(0.02)


def test_a_job_is_cancelled_and_resumed_where_it_stopped(start: Start, copy: Path, shop: Path) -> None:
    http = start(copy).http
    job = started(http, kind="index", rows=rows_of(shop, 600))
    wait_for_a_portion(http)
    http.post(f"{SHOP}/jobs/{job['id']}/cancel")
    job = ended(http, http.get(f"{SHOP}/jobs/{job['id']}").json())
    assert job["state"] == "cancelled", job
    held = http.get(SHOP).json()["photos"] - 24
    assert 0 < held < 600
    assert http.post(f"{SHOP}/jobs/{job['id']}/resume").json()["state"] in ("queued", "running")
    job = ended(http, http.get(f"{SHOP}/jobs/{job['id']}").json())
    assert job["state"] == "done"
    assert job["result"]["unchanged"] >= held
    assert job["result"]["photos"] == 600
    assert http.post(f"{SHOP}/jobs/{job['id']}/resume").status_code == 409


def test_a_job_goes_on_after_its_server_was_stopped_in_the_middle(start: Start, copy: Path, shop: Path) -> None:
    first = start(copy)
    job = started(first.http, kind="index", rows=rows_of(shop, 600))
    wait_for_a_portion(first.http)
    assert first.stop() in (0, -15)
    second = start(copy)
    found = ended(second.http, second.http.get(f"{SHOP}/jobs/{job['id']}").json())
    assert found["state"] == "done"
    assert found["result"]["unchanged"] > 0
    assert second.http.get(SHOP).json()["photos"] == 624


def test_a_job_whose_worker_died_is_taken_up_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, other = Ledger(tmp_path), Ledger(tmp_path)
    job = ledger.add("doctor", "{}")
    claimed = ledger.claim()
    assert claimed is not None
    assert (claimed.id, claimed.state) == (job.id, State.RUNNING)
    assert other.claim() is None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + STALE_SECONDS + 1)
    again = other.claim()
    assert again is not None
    assert again.id == job.id
    ledger.close()
    other.close()

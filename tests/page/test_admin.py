"""What a catalogue's keeper does with the page at /admin, with a key and without."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.page.conftest import OpenPage, Shop
from tests.serve.conftest import Server

from shelflens.serve.keys import KeyFile, parse_scope

if TYPE_CHECKING:
    from playwright.sync_api import Page

REFUSED = ("Failed to load resource",)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A server that wants a key."""

    server: Server
    catalogue: Path
    keeper: str
    reader: str


@pytest.fixture(scope="module")
def guarded(demo: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    folder = tmp_path_factory.mktemp("guarded")
    path = Path(shutil.copytree(demo.catalogue, folder / "demo.lens"))
    keys = KeyFile(folder / "keys.json")
    _, keeper = keys.add("keeper", [parse_scope("demo:admin")])
    _, reader = keys.add("reader", [parse_scope("demo:read")])
    words = ("--keys", folder / "keys.json", "--rate", "100000", "--burst", "100000")
    with Server(path, *words, log=folder / "server.log") as running:
        yield Guarded(running, path, keeper, reader)


def enter(page: Page, key: str) -> None:
    page.locator("#key-dialog[open]").wait_for()
    page.fill("#key-field", key)
    page.keyboard.press("Enter")


@pytest.fixture
def admin(open_page: OpenPage, guarded: Guarded) -> Page:
    """The keeper's page, unlocked, with the rooms to be opened by their links."""
    page = open_page("/admin", base=guarded.server.url, expect=REFUSED)
    enter(page, guarded.keeper)
    page.locator(".panel").first.wait_for()
    return page


def go(page: Page, room: str) -> None:
    page.click(f".rooms a[href='#{room}']")
    page.locator(f".rooms a[href='#{room}'][aria-current=page]").wait_for()


def test_the_key_is_asked_for_checked_and_kept_until_the_tab_closes(open_page: OpenPage, guarded: Guarded) -> None:
    page = open_page(base=guarded.server.url, expect=REFUSED)
    enter(page, "a-wrong-key")
    page.locator("#key-refused", has_text="not known").wait_for()
    enter(page, guarded.reader)
    page.locator(".card img[src]").first.wait_for()  # photos need the key, too
    assert page.locator("#admin-link").is_hidden()  # of no use to a reader
    page.reload()
    page.locator(".card:not(.ghost)").first.wait_for()
    assert page.evaluate("localStorage.getItem('shelflens.key')") is None
    page.click("#key-button")
    page.click("#key-forget")
    page.locator("#key-dialog[open] #key-field").wait_for()


def test_without_a_key_the_page_says_what_is_needed(open_page: OpenPage, guarded: Guarded) -> None:
    page = open_page(base=guarded.server.url, expect=REFUSED)
    page.locator("#key-dialog[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("#fault", has_text="A key is needed").wait_for()


def test_a_reader_may_not_manage(open_page: OpenPage, guarded: Guarded) -> None:
    page = open_page("/admin", base=guarded.server.url, expect=REFUSED)
    enter(page, guarded.reader)
    page.locator("#room-body", has_text="may not manage demo").wait_for()


def test_the_overview_tells_facts_and_health(admin: Page) -> None:
    text = admin.locator("#room-body").inner_text()
    assert "demo" in text and "lite0" in text and "16" in text and "Barcode, Local features" in text
    admin.locator(".state-ok", has_text="ready").wait_for()


def test_an_upload_takes_in_what_it_can_and_lists_the_rest(
    admin: Page, demo: Shop, tmp_path: Path, guarded: Guarded
) -> None:
    table = tmp_path / "new.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["SKU", "Name", "Price", "EAN", "Photo", "shelf"])
        writer.writerow(["new-juice", 'Juice "new"; fresh', "1.299,50", "2913937000006", "solara-apple-1.jpg", "3"])
        writer.writerow(["new-crisps", "Crisps", "2.5", "123", "krax-cheese-1.jpg", "4"])  # a GTIN has more digits
        writer.writerow(["new-jam", "Jam", "3", "", "nowhere.jpg", "5"])
        writer.writerow(["", "Nameless", "3", "", "", "5"])
    go(admin, "upload")
    admin.set_input_files("#upload-table", table)
    admin.set_input_files("#upload-photos", [demo.photo("solara-apple-1"), demo.photo("krax-cheese-1")])
    admin.locator("#upload-found", has_text="3 products with 2 photos are ready; 2 rows").wait_for()
    admin.click("#upload-start")
    admin.locator(".panel", has_text="2 products taken in, 3 faults").wait_for()
    bad = admin.locator("table").inner_text()
    assert "nowhere.jpg is not among the photos" in bad and "no product_id" in bad and "/gtins/0" in bad
    headers = {"Authorization": f"Bearer {guarded.keeper}"}
    made = guarded.server.http.get("/v1/catalogues/demo/products/new-juice", headers=headers).json()
    assert (made["title"], made["price"], made["attributes"]) == ('Juice "new"; fresh', 1299.5, {"shelf": 3.0})
    assert len(made["photos"]) == 1
    with admin.expect_download() as saved:
        admin.get_by_role("button", name="Save as CSV").click()
    assert len(list(csv.reader(Path(saved.value.path()).read_text(encoding="utf-8").splitlines()))) == 4


def test_photos_alone_are_products_by_their_names(admin: Page, demo: Shop) -> None:
    go(admin, "upload")
    admin.set_input_files("#upload-photos", [demo.photo("solara-apple-2"), demo.photo("solara-mango-2")])
    admin.locator("#upload-found", has_text="2 products with 2 photos are ready").wait_for()


def test_a_job_is_started_followed_and_its_result_shown(admin: Page) -> None:
    go(admin, "duplicates")
    admin.get_by_role("button", name="Look for duplicates").click()
    done = admin.locator(".panel", has_text="Find duplicates").locator(".state-done")
    done.wait_for()
    admin.get_by_role("link", name="See what was found").click()
    admin.locator(".figures", has_text="Groups of copies").wait_for()
    admin.locator(".thumbs img[src]").first.wait_for()


def test_a_job_that_failed_says_why_and_may_be_resumed(admin: Page) -> None:
    go(admin, "jobs")
    admin.get_by_role("button", name="Calibrate", exact=True).click()
    failed = admin.locator(".panel", has=admin.locator(".state-failed"))
    failed.wait_for()
    assert "needs queries" in failed.inner_text()
    failed.get_by_role("button", name="Resume").click()
    admin.locator(".state-failed").wait_for()


def test_the_calibration_is_drawn(admin: Page) -> None:
    go(admin, "calibration")
    admin.locator("svg.chart .curve").wait_for()
    assert "As it is shipped" in admin.locator("#room-body").inner_text()


def test_models_and_their_reports_are_compared(admin: Page, guarded: Guarded) -> None:
    reports = guarded.catalogue / "reports"
    for name, right in (("may", 0.61), ("june", 0.67)):
        (reports / name).mkdir(parents=True)
        (reports / name / "evaluation.json").write_text(
            json.dumps({"model": "lite0", "recall@1": right, "intervals": {"recall@1": [0.5, 0.7]}, "queries": 296})
        )
    (reports / "broken").mkdir()
    (reports / "broken" / "evaluation.json").write_text("{")
    go(admin, "models")
    table = admin.locator(".panel", has_text="Evaluations").locator("tbody tr")
    table.first.wait_for()
    assert table.count() == 2 and any("67%" in row for row in table.all_inner_texts())
    assert "in use" in admin.locator(".panel").first.inner_text()


def test_the_keepers_page_speaks_chinese(admin: Page) -> None:
    admin.click("#language")
    admin.locator("h2", has_text="概览").wait_for()
    assert admin.locator(".rooms").inner_text().split() == ["概览", "上传", "任务", "重复", "体检", "校准", "模型"]


def test_findings_are_told_in_chinese(admin: Page, guarded: Guarded) -> None:
    http, shop = guarded.server.http, "/v1/catalogues/demo"
    headers = {"Authorization": f"Bearer {guarded.keeper}"}
    for name in ("one", "other"):
        product = {"title": "Same", "brand": "Same Makers"}
        assert http.put(f"{shop}/products/{name}", json=product, headers=headers).status_code == 201
    job = http.post(f"{shop}/duplicates", headers=headers).json()
    deadline = time.monotonic() + 60
    while http.get(f"{shop}/jobs/{job['id']}", headers=headers).json()["state"] != "done":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    admin.click("#language")
    go(admin, "duplicates")
    group = admin.locator(".panel", has=admin.locator("h3, h2", has_text="one, other"))
    group.locator("summary", has_text="理由").click()
    group.locator("li", has_text="标题同为“Same”，品牌同为 Same Makers").wait_for()

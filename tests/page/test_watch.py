"""What guards see at /watch: a film that another server sends, watched by a real server, in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.filmed import filmed_in
from tests.page.conftest import OpenPage
from tests.page.test_accessible import assert_accessible
from tests.serve.conftest import Server
from tests.serve.test_watching import sending

import shelflens
from shelflens.serve.keys import KeyFile, parse_scope

REFUSED = ("Failed to load resource",)
PATIENCE = 120_000  # milliseconds; a busy machine is slow, not wrong


@dataclass(frozen=True, slots=True)
class Guarded:
    server: Server
    film: str
    keeper: str
    reader: str


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed; it is in shelflens[dev]")
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))):
        pytest.skip("no browser is installed; apt-get install chromium")
    folder = tmp_path_factory.mktemp("guarded")
    filmed = filmed_in(folder, name="film.ts")
    with shelflens.open(folder / "shop.lens", create=True) as catalogue:
        catalogue.index(filmed.pictures)
    keys = KeyFile(folder / "keys.json")
    _, keeper = keys.add("keeper", [parse_scope("*:admin")])
    _, reader = keys.add("guard", [parse_scope("*:read")])
    words = ("--keys", keys.path, "--watch", folder / "seen", "--rate", "1000", "--burst", "1000")
    allowed = {"SHELFLENS_ALLOWED_HOSTS": "127.0.0.1"}
    with (
        sending(filmed.video) as film,
        Server(folder / "shop.lens", *words, log=folder / "server.log", environment=allowed) as server,
    ):
        yield Guarded(server, film, keeper, reader)


def test_a_keeper_starts_a_stream_and_a_guard_sees_what_comes(open_page: OpenPage, guarded: Guarded) -> None:
    keeper = open_page("/watch", base=guarded.server.url, expect=REFUSED)
    keeper.set_default_timeout(PATIENCE)
    keeper.fill("#key-field", guarded.keeper)
    keeper.keyboard.press("Enter")
    keeper.locator("#streams-none").wait_for()
    assert_accessible(keeper)
    keeper.fill("#stream-source", "http://169.254.169.254/latest")
    keeper.keyboard.press("Enter")
    keeper.locator("#stream-fault", has_text="may not be watched").wait_for()
    keeper.fill("#stream-source", f"{guarded.film}/film.ts")
    keeper.fill("#stream-title", "Door")
    keeper.keyboard.press("Enter")
    keeper.locator(".frame-box span").first.wait_for()
    keeper.locator(".event", has_text="is in view").first.wait_for()  # by itself

    guard = open_page("/watch", base=guarded.server.url, expect=REFUSED, width=360, height=740, locale="zh-CN")
    guard.set_default_timeout(PATIENCE)
    guard.fill("#key-field", guarded.reader)
    guard.keyboard.press("Enter")
    guard.locator(".event", has_text="出现了").first.wait_for()
    guard.locator(".event .frame img[src]").first.wait_for()
    guard.locator(".stream .frame img[src]").wait_for()
    assert guard.locator("#stream-form").is_hidden() and guard.locator(".stream button").count() == 0
    assert guard.evaluate("document.documentElement.scrollWidth") == 360
    assert_accessible(guard)

    keeper.get_by_role("button", name="Stop watching Door").click()
    keeper.locator("#streams-none").wait_for()
    guard.locator("#streams-none").wait_for()
    assert guard.locator(".event").count() > 0  # what was seen stays


def test_a_server_that_watches_nothing_says_how_it_would(open_page: OpenPage) -> None:
    page = open_page("/watch", expect=REFUSED)
    page.locator("#fault", has_text="--watch FOLDER").wait_for()
    assert_accessible(page)

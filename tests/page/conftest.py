"""A real browser, Debian's Chromium, before a real server over the drawn demo catalogue.

The browser ends with its module: Playwright's synchronous driver keeps an event loop, which would be in the way of
other tests that run one.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.serve.conftest import Server

import shelflens
from shelflens.demo import draw

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 20_000  # milliseconds until something must have happened; a busy machine is slow, not wrong


@dataclass(frozen=True, slots=True)
class Shop:
    """What was drawn: `photos` are the shop photos, taken of products of `catalogue`."""

    folder: Path
    catalogue: Path

    def photo(self, name: str) -> Path:
        return self.folder / "shop" / f"{name}.jpg"


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Two brands of four flavours each, searchable by looks, local features and barcodes. Read only."""
    pytest.importorskip("cv2", reason="looking closer needs shelflens[evidence]")
    pytest.importorskip("zxingcpp", reason="looking closer needs shelflens[evidence]")
    folder = tmp_path_factory.mktemp("page")
    draw(folder, products=8, workers=1)
    path = folder / "demo.lens"
    with shelflens.open(path, create=True) as catalogue:
        catalogue.index(folder / "catalogue.csv")
        catalogue.look_closer(["local", "barcode"])
    return Shop(folder, path)


@pytest.fixture(scope="session")
def server(demo: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without keys; `demo`, and `empty` without products."""
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    folder = tmp_path_factory.mktemp("page-server")
    path = shutil.copytree(demo.catalogue, folder / "demo.lens")
    words = ("--create", "--rate", "100000", "--burst", "100000", "--waiting", "64")
    with Server(
        path,
        folder / "empty.lens",
        *words,
        log=folder / "server.log",
        environment={"SHELFLENS_ALLOWED_HOSTS": "127.0.0.1"},
    ) as running:
        yield running
    mistakes = [line for line in running.lines() if line["level"] == "error"]
    assert not mistakes, mistakes


@pytest.fixture(scope="session")
def elsewhere(demo: Shop) -> Iterator[str]:
    """The address of another server, which holds the shop photos."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(demo.folder / "shop"))) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed; it is in shelflens[dev]")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"no browser is installed ({', '.join(NAMES)}); apt-get install chromium")
    # Root, as in containers, has no sandbox.
    safe = [] if os.geteuid() else ["--no-sandbox"]
    fake = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_api.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=found, args=[*safe, *fake])
        yield launched
        launched.close()


OpenPage = Callable[..., "Page"]

#: Notes what the page asks of /search, as fields; a browser tells nobody else what is in a form with a file.
LISTEN = """
globalThis.asked = [];
const ask = globalThis.fetch;
globalThis.fetch = (path, options) => {
  if (String(path).endsWith("/search")) {
    const body = options.body;
    asked.push(body instanceof FormData ? Object.fromEntries([...body]) : JSON.parse(body));
  }
  return ask(path, options);
};
"""


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """open_page(path="/", width=1280, height=900, **of the context): a page in a context of its own, in which `script`
    ran first. Afterwards it has asked nobody but its server, and complained of nothing that was not to `expect`."""
    opened = []
    complaints: list[str] = []

    def made(
        path: str = "/",
        *,
        base: str = server.url,
        width: int = 1280,
        height: int = 900,
        expect: tuple[str, ...] = (),
        script: str = "",
        **context: Any,
    ) -> Page:
        window = browser.new_context(
            base_url=base, viewport={"width": width, "height": height}, **{"locale": "en-GB", **context}
        )
        window.set_default_timeout(PATIENCE)
        page = window.new_page()
        page.add_init_script(LISTEN + script)

        def complain(text: str) -> None:
            if not any(words in text for words in expect):
                complaints.append(text)

        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda said: complain(said.text) if said.type in ("error", "warning") else None)
        page.on("request", lambda asked: None if asked.url.startswith((base, "blob:")) else complain(asked.url))
        opened.append(window)
        page.goto(path)
        return page

    yield made
    for window in opened:
        window.close()
    assert not complaints


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The shopper's page, showing the catalogue."""
    opened = open_page()
    opened.locator(".card:not(.ghost)").first.wait_for()
    return opened

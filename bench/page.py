"""How soon the page shows a first result: from the drop of a photo until its first product, with its photo, is painted.

`python -m bench page` draws the demo catalogue, serves it with local features and barcodes, and drops shop photos on
the page in headless Chromium. The page itself sets the marks (script/intake.js, script/shop.js).
"""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load import serving
from bench.measure import Times
from bench.report import Demand, Section, Table
from bench.workbench import Workbench
from shelflens.assemble import open_catalogue
from shelflens.demo import draw

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRODUCTS = 40
DROPS = 30
WARM_UP = 3
LIMIT = 300.0  # ms
EVIDENCE = ("local", "barcode")

#: Drops a photo; resolves, when its first product is painted, to the milliseconds of Drop.
_DROP = """
([data, name]) => new Promise((resolve) => {
  performance.clearMarks();
  performance.clearResourceTimings();
  const last = (entries) => entries.at(-1).startTime;
  new PerformanceObserver((_, observer) => {
    const shown = performance.getEntriesByName("shelflens:shown");
    if (!shown.length) return;
    observer.disconnect();
    const asked = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/search"));
    resolve([last(shown) - last(performance.getEntriesByName("shelflens:picture")), asked.at(-1).duration]);
  }).observe({ type: "mark" });
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
})
"""


@dataclass(frozen=True, slots=True)
class Drop:
    shown: float  # seconds from the drop to the first product painted, its photo included
    answered: float  # seconds of the search request in it


def run(bench: Workbench) -> Section:
    title = "The page: from a dropped photo to the first result on the screen"
    chromium = shutil.which("chromium")
    if find_spec("playwright") is None or chromium is None:
        return Section(title, skipped="it needs playwright (shelflens[dev]) and Debian's chromium")
    folder, path = bench.scratch / "demo", bench.scratch / "demo.lens"
    drawn = draw(folder, products=8 if bench.tiny else PRODUCTS)
    with open_catalogue(path, create=True) as made:
        made.index(drawn.catalogue)
        made.look_closer(EVIDENCE)
    warm_up, count = (1, 4) if bench.tiny else (WARM_UP, DROPS)
    photos = sorted((folder / "shop").glob("*.jpg"))[: warm_up + count]
    with serving(path, log=bench.scratch / "page.log") as server:
        times = drops(chromium, f"http://127.0.0.1:{server.port}", photos)[warm_up:]
    shown = Times(tuple(drop.shown for drop in times))
    answered = Times(tuple(drop.answered for drop in times))
    rows = (
        ("drop to the first product painted", 1.0, shown.p50, shown.p95),
        ("the search request in it", answered.p50 / shown.p50, answered.p50, answered.p95),
    )
    columns = ("step", "/ whole, p50", "p50 ms", "p95 ms")
    note = f"{len(times)} photos on {PRODUCTS} products, looking closer at {', '.join(EVIDENCE)}."
    demand = Demand("drop to the first product, p95, ms", shown.p95, LIMIT, at_least=False)
    return Section(title, (Table("Dropped photos", columns, rows, note),), (demand,))


def drops(chromium: str, url: str, photos: Sequence[Path]) -> list[Drop]:
    """One for each photo, dropped one after another on a page that shows the answer to the one before."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        safe = [] if os.geteuid() else ["--no-sandbox"]  # root, as in containers, has no sandbox
        browser = driver.chromium.launch(executable_path=chromium, args=safe)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(url)
        page.locator(".card:not(.ghost)").first.wait_for()
        times = [_drop(page, photo) for photo in photos]
        browser.close()
    return times


def _drop(page: Page, photo: Path) -> Drop:
    shown, answered = page.evaluate(_DROP, [b64encode(photo.read_bytes()).decode(), photo.name])
    page.wait_for_timeout(500)  # until the answer's other photos are there, too
    return Drop(shown / 1e3, answered / 1e3)

"""Draws docs/images/page.png: the page's answer to a photo, in Chromium, over the catalogue of `make demo`.

    python tools/page_screenshot.py [--catalogue demo/shop.lens] [--photo demo/shop/solara-orange-3.jpg]

With --all FOLDER it draws every state at three widths, in both themes and languages, to be looked at.
"""

from __future__ import annotations

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal

from PIL import Image

from bench.load import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "images" / "page.png"
LOCALES = {"en": "en-GB", "zh": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Look:
    width: int
    height: int
    theme: Literal["light", "dark"] = "light"
    language: str = "en"


README = Look(1280, 860)
LOOKS = (
    Look(1440, 900, "light", "en"),
    Look(1440, 900, "dark", "zh"),
    Look(768, 1024, "light", "zh"),
    Look(768, 1024, "dark", "en"),
    Look(360, 740, "light", "en"),
    Look(360, 740, "dark", "zh"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalogue", type=Path, default=ROOT / "demo" / "shop.lens")
    parser.add_argument("--photo", type=Path, default=ROOT / "demo" / "shop" / "solara-orange-3.jpg")
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    asked = parser.parse_args()
    with (
        TemporaryDirectory() as folder,
        browser() as opened,
        serving(asked.catalogue, log=Path(folder) / "server.log") as server,
    ):
        url = f"http://127.0.0.1:{server.port}"
        if asked.all:
            asked.all.mkdir(parents=True, exist_ok=True)
            for look in LOOKS:
                states(open_page(opened, url, look), look, photo=asked.photo, folder=asked.all)
        else:
            page = open_page(opened, url, README)
            search(page, asked.photo)
            keep(page.screenshot(), OUT)
            print(f"{OUT}: {OUT.stat().st_size / 1e3:.0f} kB")


@contextmanager
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        safe = [] if os.geteuid() else ["--no-sandbox"]
        opened = driver.chromium.launch(executable_path=shutil.which("chromium"), args=safe)
        yield opened
        opened.close()


def open_page(opened: Browser, url: str, look: Look) -> Page:
    page = opened.new_page(
        base_url=url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.theme,
        locale=LOCALES[look.language],
    )
    page.goto("/")
    page.locator(".card:not(.ghost)").first.wait_for()
    return page


def search(page: Page, photo: Path) -> None:
    page.set_input_files("#file", photo)
    page.locator(".certainty").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)


def states(page: Page, look: Look, *, photo: Path, folder: Path) -> None:
    """Draws every state into `folder`, and closes the page."""

    def shoot(name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"{name}-{look.width}-{look.theme}-{look.language}.png")

    shoot("start")
    search(page, photo)
    shoot("found")
    page.locator(".action-why").first.click()
    page.locator("svg.drawing").wait_for()
    shoot("why")
    page.keyboard.press("Escape")
    page.locator(".card-title").first.click()
    shoot("product")
    page.keyboard.press("Escape")
    page.click("#box-add")
    shoot("box")
    for room in ("overview", "upload", "jobs", "duplicates", "doctor", "calibration", "models"):
        page.goto(f"/admin#{room}")
        shoot(f"admin-{room}")
    page.close()


def keep(png: bytes, path: Path) -> None:
    """With 256 colours, dithered: a quarter of the bytes, and the eye sees no difference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(BytesIO(png)).convert("RGB").quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()

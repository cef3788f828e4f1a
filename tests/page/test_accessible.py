"""axe-core finds no violation in any state of the pages, in either theme; what it cannot see is tried by hand here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.page.conftest import OpenPage, Shop
from tests.serve.conftest import Server

from shelflens.serve.keys import KeyFile, Scope

if TYPE_CHECKING:
    from playwright.sync_api import Page

ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast"]}  # all that a theme can change
NOISE = ("Failed to load resource", "ERR_INTERNET_DISCONNECTED")


def violations(page: Page, rules: Any) -> list[str]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is in shelflens[dev]").Axe()
    found = axe.run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in found]


def assert_accessible(page: Page) -> None:
    """All rules as the page is, and those about colours in the other theme."""
    page.emulate_media(reduced_motion="reduce")
    assert violations(page, ALL) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, COLOURS) == []
    page.emulate_media(color_scheme="light")


def found(page: Page, demo: Shop) -> None:
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.locator(".certainty").first.wait_for()


def boxed(page: Page, demo: Shop) -> None:
    found(page, demo)
    page.click("#box-add")
    page.click("#box-numbers summary")
    page.get_by_role("button", name="More like Solara Juice Mango 1 L").click()
    page.locator("#chips button").first.wait_for()


def told_why(page: Page, demo: Shop) -> None:
    found(page, demo)
    page.locator(".action-why").first.click()
    page.locator("svg.drawing").wait_for()


def of_a_product(page: Page, demo: Shop) -> None:
    page.locator(".card-title").first.click()
    page.locator(".small-card img[src]").first.wait_for()


def by_words(page: Page, demo: Shop) -> None:
    page.fill("#words", "paprika")
    page.keyboard.press("Enter")
    page.locator(".card-words").first.wait_for()


def nothing_left(page: Page, demo: Shop) -> None:
    page.get_by_label("Price: to").fill("0.01")
    page.keyboard.press("Enter")
    page.locator("#empty").wait_for()


def offline(page: Page, demo: Shop) -> None:
    page.context.set_offline(True)
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.locator("#fault").wait_for()


def working(page: Page, demo: Shop) -> None:
    page.route("**/search", lambda _: None)
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.locator(".ghost").first.wait_for()


def in_camera(page: Page, demo: Shop) -> None:
    page.click("#photograph")
    page.locator("#camera[open]").wait_for()


def as_it_starts(page: Page, demo: Shop) -> None:
    page.locator(".card img[src]").first.wait_for()


STATES = (as_it_starts, boxed, told_why, of_a_product, by_words, nothing_left, offline, working, in_camera)


@pytest.mark.parametrize("reach", STATES, ids=lambda reach: reach.__name__)
def test_axe_finds_nothing(reach: Callable[[Page, Shop], None], open_page: OpenPage, demo: Shop) -> None:
    page = open_page(expect=NOISE)
    page.locator(".card:not(.ghost)").first.wait_for()
    reach(page, demo)
    assert_accessible(page)


def test_axe_finds_nothing_on_a_telephone_in_chinese(open_page: OpenPage, demo: Shop) -> None:
    page = open_page(width=360, height=740, is_mobile=True, has_touch=True, locale="zh-CN")
    page.locator(".card:not(.ghost)").first.wait_for()
    found(page, demo)
    page.click("#filters summary")
    assert_accessible(page)


def test_axe_finds_nothing_in_the_keepers_rooms(open_page: OpenPage) -> None:
    page = open_page("/admin")
    for link in page.locator(".rooms a").all():
        link.click()
        page.locator("#room-body > *").first.wait_for()
        assert_accessible(page)


def test_axe_finds_nothing_in_rooms_with_results(open_page: OpenPage, server: Server, demo: Shop) -> None:
    """Copies, a photo with a wrong label, and a product without a photo are there to be found."""
    path = "/v1/catalogues/demo/products"
    photo = demo.photo("solara-orange-1").read_bytes()
    for name in ("copy-a", "copy-b"):
        server.http.put(f"{path}/{name}", json={"title": name})
        server.http.post(f"{path}/{name}/photos", files={"photo": photo})
    server.http.put(f"{path}/bare", json={"title": "No photo"})
    try:
        page = open_page("/admin")
        for room, button in (("duplicates", "Look for duplicates"), ("doctor", "Look the catalogue over")):
            page.click(f".rooms a[href='#{room}']")
            page.get_by_role("button", name=button).click()
            page.get_by_role("link", name="See what was found").first.click()
            page.locator(".figures").wait_for()
            page.locator(".panel").nth(1).wait_for()
            assert_accessible(page)
        page.click(".rooms a[href='#upload']")
        page.set_input_files(
            "#upload-table", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"sku,price\n,3\nq,x"}
        )
        page.locator("#upload-found", has_text="1 product").wait_for()
        page.click("#upload-start")
        page.locator("table").wait_for()
        assert_accessible(page)
    finally:
        server.http.delete(path, params={"product_id": ["copy-a", "copy-b", "bare"]})


@pytest.mark.parametrize("path", ["/", "/admin"])
def test_axe_finds_nothing_in_the_key_dialogue(path: str, open_page: OpenPage, demo: Shop, tmp_path: Path) -> None:
    KeyFile(tmp_path / "keys.json").add("keeper", [("demo", Scope.ADMIN)])
    with Server(demo.catalogue, "--keys", tmp_path / "keys.json", log=tmp_path / "server.log") as locked:
        page = open_page(path, base=locked.url, expect=NOISE)
        page.locator("#key-dialog[open]").wait_for()
        assert_accessible(page)
        page.fill("#key-field", "a-wrong-key")
        page.keyboard.press("Enter")
        page.locator("#key-refused", has_text="not known").wait_for()
        assert_accessible(page)


def test_what_is_pressed_is_large_enough(open_page: OpenPage, demo: Shop) -> None:
    """WCAG 2.2, 2.5.8: 24 by 24 pixels; text within a sentence may be smaller, and we have none."""
    page = open_page(width=360, height=740, is_mobile=True, has_touch=True)
    page.locator(".card:not(.ghost)").first.wait_for()
    boxed(page, demo)
    page.click("#filters summary")
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, a, select, summary, label.choice, input[type=number], .handle")]
          .filter((element) => element.checkVisibility() && !element.matches(".skip"))
          .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
          .filter(([, { width, height }]) => width < 24 || height < 24)
          .map(([html, { width, height }]) => `${html} ${width} x ${height}`)"""
    )
    assert small == []


def test_what_was_found_is_spoken(open_page: OpenPage, demo: Shop) -> None:
    page = open_page()
    page.locator(".card:not(.ghost)").first.wait_for()
    found(page, demo)
    status = page.get_by_role("status").first
    assert status.inner_text().startswith("8 best matches.") and "Solara Juice Orange" in status.inner_text()
    assert page.get_by_role("img", name="The picture you are searching with").count() == 1
    assert page.get_by_role("application", name="Box").count() == 0
    page.click("#box-add")
    assert page.get_by_role("application", name="Box: left 15%, top 15%, right 85%, bottom 85%").count() == 1


def test_the_focus_is_seen(open_page: OpenPage) -> None:
    page = open_page()
    page.locator(".card:not(.ghost)").first.wait_for()
    for _ in range(12):
        page.keyboard.press("Tab")
        width, colour, inside = page.evaluate(
            """() => {
              const outline = (element) => getComputedStyle(element);
              const focused = document.activeElement;
              const frame = focused.closest(".ask-field");
              const { outlineWidth, outlineStyle } = outline(focused);
              return [outlineWidth, outlineStyle, frame && outline(frame).outlineStyle];
            }"""
        )
        assert (width != "0px" and colour != "none") or inside == "solid"


def test_zoomed_text_is_not_cut(open_page: OpenPage, demo: Shop) -> None:
    """WCAG 1.4.4 and 1.4.12: text at 200 %, and with wide spacing, stays within what holds it."""
    page = open_page(width=1280)
    page.locator(".card:not(.ghost)").first.wait_for()
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(
            "html { font-size: 200% } * { letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
          );
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    found(page, demo)
    assert page.evaluate("document.documentElement.scrollWidth") == 1280
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main button, main h2, main .choice, main .card-title, .top *")]
          .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1)
          .filter((element) => !element.matches(".unseen, select, .card-title") && element.clientWidth > 0)
          .map((element) => element.outerHTML.slice(0, 90))"""
    )
    assert cut == []

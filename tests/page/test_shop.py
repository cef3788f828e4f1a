"""What a shopper does with the page, done in a browser."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from tests.page.conftest import OpenPage, Shop
from tests.serve.conftest import Server

from shelflens.speech.base import RATE
from shelflens.speech.recording import read_wav

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

PRODUCTS = 8
DELIVER = """
([kind, type, data, name, text]) => {
  const transfer = new DataTransfer();
  if (data) {
    const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  if (text) transfer.setData("text/plain", text);
  const made = kind === "drop"
    ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
    : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
  document.body.dispatchEvent(made);
}
"""


HELD = """
;{
  const asked = fetch, released = new Promise((resolve) => (window.release = resolve));
  window.fetch = async (...all) => (await released, asked(...all));
}
"""


def deliver(page: Page, kind: str, photo: Path | None = None, *, text: str = "") -> None:
    """Drops or pastes a photo, or text."""
    data = b64encode(photo.read_bytes()).decode() if photo else ""
    page.evaluate(DELIVER, [kind, "image/jpeg", data, photo.name if photo else "", text])


def found(page: Page) -> Locator:
    """The cards of an answer to a picture; there when it has come."""
    cards = page.locator(".card:has(.certainty)")
    cards.first.wait_for()
    return cards


def first(page: Page) -> str | None:
    product: str | None = found(page).first.get_attribute("data-product")
    return product


def ask(page: Page, photo: Path) -> None:
    page.set_input_files("#file", photo)
    found(page)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_delivered_photo_finds_its_product(page: Page, demo: Shop, kind: str) -> None:
    deliver(page, kind, demo.photo("solara-orange-3"))
    assert first(page) == "solara-orange"
    assert page.locator("#query-image").evaluate("image => image.naturalWidth") > 0
    best = found(page).first
    assert "%" in best.locator(".certainty").inner_text() and best.locator(".card-price").inner_text() == "2.49"
    best.locator("img[src]").wait_for()  # the matched view
    assert "Solara Juice Orange" in page.locator("#announcer").inner_text()


@pytest.mark.parametrize("how", ["dropped", "named"])
def test_a_photo_brought_before_the_list_of_catalogues_has_come_is_searched_for_then(
    open_page: OpenPage, demo: Shop, elsewhere: str, how: str
) -> None:
    page = open_page(script=HELD)
    if how == "dropped":
        deliver(page, "drop", demo.photo("krax-paprika-3"))
    else:
        page.fill("#words", f"{elsewhere}/krax-paprika-3.jpg")
        page.keyboard.press("Enter")
    page.evaluate("release()")
    assert first(page) == "krax-paprika"


def test_what_holds_no_picture_is_told(page: Page) -> None:
    page.evaluate(DELIVER, ["drop", "text/plain", "aGVsbG8=", "notes.txt", ""])
    assert "no picture" in page.locator("#note").inner_text()


def test_an_address_is_fetched_by_the_server_and_shown(page: Page, demo: Shop, elsewhere: str) -> None:
    page.fill("#words", f"{elsewhere}/krax-paprika-3.jpg")
    page.keyboard.press("Enter")
    assert first(page) == "krax-paprika"
    page.locator("#query-image[src^='blob:']").wait_for()


def test_an_address_inside_the_network_is_refused_and_told(open_page: OpenPage) -> None:
    page = open_page(expect=("Failed to load resource",))
    page.fill("#words", "http://10.0.0.1/secret.jpg")
    page.keyboard.press("Enter")
    page.locator("#fault").wait_for()
    assert "address cannot be fetched" in page.locator("#fault").inner_text()


def test_a_format_that_browsers_do_not_open_is_shown_by_the_server(page: Page, demo: Shop, tmp_path: Path) -> None:
    out = BytesIO()
    Image.open(demo.photo("solara-apple-3")).save(out, "TIFF")
    (tmp_path / "photo.tiff").write_bytes(out.getvalue())
    ask(page, tmp_path / "photo.tiff")
    page.locator("#query-image[src^='blob:']").wait_for()
    assert first(page) == "solara-apple"


def test_a_broken_picture_is_told_and_the_next_one_is_found(open_page: OpenPage, demo: Shop, tmp_path: Path) -> None:
    page = open_page(expect=("Failed to load resource",))
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 this is no photo")
    page.set_input_files("#file", tmp_path / "broken.jpg")
    page.locator("#fault").wait_for()
    assert "picture cannot be used" in page.locator("#fault").inner_text()
    ask(page, demo.photo("solara-orange-3"))
    assert page.locator("#fault").is_hidden() and first(page) == "solara-orange"


def test_a_camera_takes_the_photo(page: Page) -> None:
    page.click("#photograph")
    page.locator("#camera[open] video").wait_for()
    page.click("#camera-take")
    found(page)
    assert page.locator("#camera[open]").count() == 0


# -- the box


def boxes(page: Page) -> list[list[float]]:
    """Of the searches so far that had one: left, top, right, bottom."""
    texts: list[str] = page.evaluate("asked.map(({ box }) => box).filter(Boolean)")
    return [[float(edge) for edge in text.split(",")] for text in texts]


def test_a_box_drawn_with_the_mouse_is_what_is_searched(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-1"))
    stage = page.locator("#stage").bounding_box()
    assert stage
    with page.expect_response(re.compile("/search$")):
        page.mouse.move(stage["x"] + 0.25 * stage["width"], stage["y"] + 0.2 * stage["height"])
        page.mouse.down()
        page.mouse.move(stage["x"] + 0.75 * stage["width"], stage["y"] + 0.9 * stage["height"], steps=4)
        page.mouse.up()
    assert boxes(page) == [pytest.approx([0.25, 0.2, 0.75, 0.9], abs=0.02)]
    corner = page.locator(".handle.se").bounding_box()
    assert corner
    with page.expect_response(re.compile("/search$")):
        page.mouse.move(corner["x"] + 14, corner["y"] + 14)
        page.mouse.down()
        page.mouse.move(stage["x"] + 0.6 * stage["width"], stage["y"] + 0.7 * stage["height"], steps=3)
        page.mouse.up()
    assert boxes(page)[-1] == pytest.approx([0.25, 0.2, 0.6, 0.7], abs=0.03)


def test_a_box_is_set_and_moved_with_the_keyboard_and_in_numbers(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-1"))
    page.locator("#box-add").focus()
    with page.expect_response(re.compile("/search$")):
        page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "box"
    with page.expect_response(re.compile("/search$")):
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
    assert boxes(page)[-1] == pytest.approx([0.13, 0.15, 0.83, 0.83], abs=1e-6)
    page.click("#box-numbers summary")
    with page.expect_response(re.compile("/search$")):
        page.fill("#box-left", "40")
        page.keyboard.press("Tab")
    assert boxes(page)[-1] == pytest.approx([0.4, 0.15, 0.83, 0.83], abs=0.01)
    page.locator("#box").focus()
    with page.expect_response(re.compile("/search$")):
        page.keyboard.press("Delete")
    assert page.locator("#box").is_hidden() and page.locator("#box-add").is_visible()


def test_fingers_move_a_box_and_scroll_past_the_bare_picture(open_page: OpenPage, demo: Shop) -> None:
    page = open_page(width=390, height=800, has_touch=True, is_mobile=True)
    page.set_input_files("#file", demo.photo("solara-orange-1"))
    found(page)
    drag = """([id, dx, dy]) => {
      const element = document.querySelector(id);
      const { left, top, width, height } = element.getBoundingClientRect();
      const finger = { pointerId: 7, pointerType: "touch", isPrimary: true, bubbles: true };
      const at = (x, y) => ({ ...finger, clientX: x, clientY: y });
      const stage = document.querySelector("#stage");
      stage.setPointerCapture = () => {};
      element.dispatchEvent(new PointerEvent("pointerdown", at(left + width / 2, top + height / 2)));
      stage.dispatchEvent(new PointerEvent("pointermove", at(left + width / 2 + dx, top + height / 2 + dy)));
      stage.dispatchEvent(new PointerEvent("pointerup", at(left + width / 2 + dx, top + height / 2 + dy)));
    }"""
    page.evaluate(drag, ["#query-image", 60, 60])
    assert page.locator("#box").is_hidden()
    page.tap("#box-add")
    with page.expect_response(re.compile("/search$")):
        page.evaluate(drag, ["#box", -15, 0])
    left, _, right, _ = boxes(page)[-1]
    assert left < 0.15 and right - left == pytest.approx(0.7, abs=1e-6)


# -- narrowing and refining


def test_facets_narrow_and_keep_counting_their_other_values(page: Page) -> None:
    assert page.locator("#results-title").inner_text() == f"{PRODUCTS} products"
    page.locator(".choice", has_text="Krax").locator("input").check()
    page.locator("#results-title", has_text="4 products").wait_for()
    kinds = page.locator(".card-kind").all_inner_texts()
    assert kinds == ["Krax · Snacks"] * 4
    solara = page.locator(".choice", has_text="Solara").locator(".count")
    assert solara.inner_text() == "4"  # what it would add
    page.get_by_label("Price: to").fill("1.95")
    page.keyboard.press("Tab")
    page.locator("#results-title", has_text="1 product").wait_for()
    assert page.locator("#filters-count").inner_text() == "2"
    page.get_by_label("Price: to").fill("0.5")
    page.keyboard.press("Tab")
    page.locator("#empty", has_text="No product meets all filters").wait_for()
    page.get_by_role("button", name="Clear the filters").click()
    page.locator("#results-title", has_text=f"{PRODUCTS} products").wait_for()


def test_filters_hold_for_a_photo_too(page: Page, demo: Shop) -> None:
    page.locator(".choice", has_text="Krax").locator("input").check()
    page.locator("#results-title", has_text="4 products").wait_for()
    ask(page, demo.photo("solara-orange-3"))
    assert set(page.locator(".card-kind").all_inner_texts()) == {"Krax · Snacks"}


def test_words_refine_a_photo_and_find_by_themselves(page: Page, demo: Shop) -> None:
    page.fill("#words", "paprika")
    page.get_by_role("button", name="Find", exact=True).click()
    page.locator(".card-words").first.wait_for()
    assert page.locator(".card").first.get_attribute("data-product") == "krax-paprika"
    ask(page, demo.photo("solara-orange-1"))
    with page.expect_response(re.compile("/search$")):
        page.fill("#words", "apple -orange")
        page.keyboard.press("Enter")
    sent = page.evaluate("asked.at(-1)")
    assert (sent["text"], sent["minus"]) == ("apple", "orange") and "picture" in sent


def test_more_and_less_like_this_are_asked_and_taken_back(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-3"))
    with page.expect_response(re.compile("/search$")):
        page.get_by_role("button", name=re.compile("^More like Solara Juice Mango")).click()
    assert page.evaluate("asked.at(-1).more") == ["solara-mango"]
    page.locator("#chips button", has_text="More like").wait_for()
    with page.expect_response(re.compile("/search$")):
        page.get_by_role("button", name=re.compile("^Less like Solara Juice Mango")).click()
    sent = page.evaluate("asked.at(-1)")
    assert "more" not in sent and sent["less"] == ["solara-mango"]
    page.locator("#chips button", has_text="Less like").click()
    page.locator("#chips").wait_for(state="hidden")


def test_similar_products_are_those_of_the_same_brand(page: Page) -> None:
    page.get_by_role("button", name="Similar to Krax Potato Crisps Paprika 175 g").click()
    page.locator("#results-title", has_text="best matches").wait_for()
    assert (page.locator(".card").first.get_attribute("data-product") or "").startswith("krax-")
    assert page.locator("#chips").inner_text().startswith("Like Krax")


def test_a_product_shows_all_its_photos_and_its_fields(page: Page) -> None:
    page.get_by_role("button", name="Solara Juice Apple 1 L", exact=True).click()
    sheet = page.locator("#product")
    sheet.locator(".small-card").first.wait_for()
    assert sheet.locator(".view").count() == 2
    assert "2.59" in sheet.inner_text() and "Flavour" in sheet.inner_text() and "2954645000018" in sheet.inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent") == "Solara Juice Apple 1 L"


# -- why


def test_why_draws_what_agrees_and_says_what_moves_the_probability(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-3"))
    page.get_by_role("button", name="Why Solara Juice Orange 1 L was found").click()
    sheet = page.locator("#why")
    drawing = sheet.locator("svg.drawing")
    drawing.wait_for()
    lines = drawing.locator(".agree").count()
    assert lines > 4 and f"{lines} lines" in (drawing.get_attribute("aria-label") or "")
    assert "2913937000006" in sheet.inner_text()  # the barcode that was read
    assert "Local features" in sheet.inner_text() and "Calibration" in sheet.inner_text()
    sheet.get_by_role("button", name="Local features").click()
    assert drawing.locator(".agree").count() == 0


def test_lines_lie_within_the_box_that_was_searched(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-1"))
    page.click("#box-add")
    page.click("#box-numbers summary")
    for edge, share in (("left", "40"), ("top", "20"), ("right", "80"), ("bottom", "90")):
        with page.expect_response(re.compile("/search$")):
            page.fill(f"#box-{edge}", share)
            page.keyboard.press("Tab")
    page.get_by_role("button", name=re.compile("^Why Solara Juice Orange")).click()
    page.locator("svg.drawing .frame.seen").wait_for()
    seen, ends = page.evaluate(
        """() => {
          const box = document.querySelector("svg.drawing .frame.seen").getBBox();
          const lines = [...document.querySelectorAll("svg.drawing .agree")];
          const ends = lines.map(({ x1, y1 }) => [x1.baseVal.value, y1.baseVal.value]);
          return [[box.x, box.y, box.x + box.width, box.y + box.height], ends];
        }"""
    )
    assert ends
    assert all(seen[0] - 1 <= x <= seen[2] + 1 and seen[1] - 1 <= y <= seen[3] + 1 for x, y in ends)


# -- who uses it, and with what


def test_the_switch_speaks_chinese_and_is_remembered(page: Page, demo: Shop) -> None:
    ask(page, demo.photo("solara-orange-3"))
    page.click("#language")
    assert page.locator("html").get_attribute("lang") == "zh"
    assert page.locator("#results-title").inner_text() == "最佳匹配 8 件"
    assert found(page).first.locator(".card-title").inner_text() == "索拉拉 橙子果汁 1 L"
    page.locator("summary", has_text="价格").wait_for()  # of the filters, which are asked for after the results
    page.reload()
    page.locator("#drop", has_text="把商品照片拖到这里").wait_for()


def test_the_browsers_language_comes_first(open_page: OpenPage) -> None:
    page = open_page(locale="zh-CN")
    page.locator("#results-title", has_text="件商品").wait_for()
    english = page.locator("main, header").all_inner_texts()
    assert not re.search(r"\b(Filters|Photo|Camera|Find|Similar|Price)\b", " ".join(english))


def test_dark_follows_the_system_until_the_switch_is_used(open_page: OpenPage) -> None:
    page = open_page(color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(paper) == "rgb(19, 21, 23)"
    assert page.locator("#theme").get_attribute("aria-pressed") == "true"
    page.click("#theme")
    assert page.evaluate(paper) == "rgb(247, 247, 245)"
    page.reload()
    assert page.evaluate(paper) == "rgb(247, 247, 245)"


@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_screen(open_page: OpenPage, demo: Shop, width: int) -> None:
    page = open_page(width=width, height=740, is_mobile=width < 768, has_touch=True)
    wide = "document.documentElement.scrollWidth"
    page.locator(".card:not(.ghost)").first.wait_for()
    assert page.evaluate(wide) == width
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    found(page)
    page.click("#filters summary")
    assert page.evaluate(wide) == width
    found(page).first.locator(".action-why").click()
    page.locator("svg.drawing").wait_for()
    assert page.evaluate("document.querySelector('#why-body').scrollWidth") <= width


def test_the_keyboard_alone_goes_all_the_way(page: Page, elsewhere: str) -> None:
    def tab_to(selector: str, *, at_most: int = 80) -> None:
        for _ in range(at_most):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
                return
        raise AssertionError(f"the focus does not come to {selector}")

    tab_to(".skip")
    tab_to("#words")
    page.keyboard.type(f"{elsewhere}/solara-orange-3.jpg")
    page.keyboard.press("Enter")
    found(page)
    page.locator("#query-image[src^='blob:']").wait_for()
    tab_to("#choose")
    tab_to("#box-add")
    tab_to(".action-why")
    page.keyboard.press("Enter")
    page.locator("svg.drawing").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.matches('.action-why')")
    tab_to(".action-similar")
    page.keyboard.press("Enter")
    page.locator("#chips", has_text="Like").wait_for()


def test_the_microphone_writes_what_it_heard_and_asks_it(open_page: OpenPage) -> None:
    page = open_page(
        script="""globalThis.SpeechRecognition = class {
          start() {
            setTimeout(() => {
              this.onresult({ results: [[{ transcript: `paprika ${this.lang}` }]] });
              this.onend();
            });
          }
          stop() {}
        }"""  # what the browser would do, with a voice
    )
    page.locator(".card:not(.ghost)").first.wait_for()
    page.click("#microphone")
    page.locator(".card-words").first.wait_for()
    assert page.input_value("#words") == "paprika en-US"
    assert page.evaluate("document.activeElement.id") == "words"


DEAF = "delete globalThis.SpeechRecognition; delete globalThis.webkitSpeechRecognition;"


def with_ear(server: Server, route: Route, *, there: bool) -> None:
    """The catalogues as where the extra `speech` is, or is not, installed."""
    found = server.http.get("/v1/catalogues").json()
    route.fulfill(json={**found, "catalogues": [{**one, "speech": there} for one in found["catalogues"]]})


def test_where_the_browser_cannot_hear_the_server_does(open_page: OpenPage, server: Server) -> None:
    """The microphone (Chromium's beeping one) becomes a WAV that our reader takes; what was heard is asked."""
    page = open_page("about:blank", script=DEAF)
    heard: list[bytes] = []

    def transcribe(route: Route) -> None:
        form = route.request.post_data_buffer or b""
        heard.append(form[form.index(b"RIFF") : form.rindex(b"\r\n--")])
        route.fulfill(json={"text": "paprika"})

    page.route("**/v1/catalogues", partial(with_ear, server, there=True))
    page.route("**/transcribe", transcribe)
    page.goto("/")
    page.locator(".card:not(.ghost)").first.wait_for()
    page.click("#microphone")
    page.wait_for_timeout(1_500)
    assert page.get_attribute("#microphone", "aria-pressed") == "true"
    page.click("#microphone")
    page.locator(".card-words").first.wait_for()
    assert page.input_value("#words") == "paprika"
    assert page.get_attribute("#microphone", "aria-pressed") == "false"
    samples = read_wav(heard[0])
    assert 0.3 < len(samples) / RATE < 10
    assert np.abs(samples).max() > 0.01
    page.click("#language")  # the server's recogniser knows English only
    page.locator("#microphone").wait_for(state="hidden")


def test_where_nobody_can_hear_there_is_no_microphone(open_page: OpenPage, server: Server) -> None:
    page = open_page("about:blank", script=DEAF)
    page.route("**/v1/catalogues", partial(with_ear, server, there=False))
    page.goto("/")
    page.locator(".card:not(.ghost)").first.wait_for()
    assert page.locator("#microphone").is_hidden()


# -- when something is in the way


def hold(waiting: list[Route], route: Route) -> None:
    """Lets a request wait until the test continues it. (Playwright marks its handlers; a list's append cannot be.)"""
    waiting.append(route)


def test_offline_is_told_and_the_question_is_asked_again_by_itself(open_page: OpenPage, demo: Shop) -> None:
    page = open_page(expect=("ERR_INTERNET_DISCONNECTED",))
    page.locator(".card:not(.ghost)").first.wait_for()
    page.context.set_offline(True)
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.locator("#fault", has_text="cannot be reached").wait_for()
    page.context.set_offline(False)
    assert first(page) == "solara-orange" and page.locator("#fault").is_hidden()


def test_a_busy_server_is_asked_again_when_it_says(open_page: OpenPage, demo: Shop) -> None:
    page = open_page(expect=("429",))
    page.locator(".card:not(.ghost)").first.wait_for()
    page.route("**/search", lambda route: route.fulfill(status=429, headers={"Retry-After": "1"}), times=1)
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.locator("#results-note", has_text="asked again in 1 s").wait_for()
    assert first(page) == "solara-orange"


def test_a_slow_answer_is_told_while_it_is_waited_for(page: Page, demo: Shop) -> None:
    page.clock.install()
    waiting: list[Route] = []
    page.route("**/search", lambda route: hold(waiting, route))
    page.set_input_files("#file", demo.photo("solara-orange-3"))
    page.clock.run_for(300)
    assert page.locator(".ghost").count() > 0
    page.clock.run_for(5_000)
    assert "takes longer than usual" in page.locator("#results-note").inner_text()
    assert page.locator("#results").get_attribute("aria-busy") == "true"
    waiting[0].continue_()
    assert first(page) == "solara-orange"
    assert page.locator("#results").get_attribute("aria-busy") is None


def test_an_older_answer_never_replaces_a_newer_one(page: Page, demo: Shop) -> None:
    waiting: list[Route] = []
    page.route("**/search", lambda route: hold(waiting, route), times=1)
    page.set_input_files("#file", demo.photo("krax-cheese-3"))
    ask(page, demo.photo("solara-orange-3"))
    waiting[0].continue_()
    page.wait_for_timeout(300)
    assert first(page) == "solara-orange"


def test_an_empty_catalogue_says_how_to_fill_it(page: Page) -> None:
    page.select_option("#catalogue", "empty")
    page.locator("#empty", has_text="This catalogue is empty").wait_for()
    page.select_option("#catalogue", "demo")
    page.locator("#results-title", has_text=f"{PRODUCTS} products").wait_for()


def test_no_page_of_another_site_may_frame_it_or_run_in_it(server: Server) -> None:
    policy = server.http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
    assert server.http.get("/admin").headers["content-security-policy"] == policy

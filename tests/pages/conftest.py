"""A page read as a browser would: its elements in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

_VOID = {"meta", "img", "br", "line", "path"}


@dataclass
class Page(HTMLParser):
    """Elements as (tag, attributes), and the words between them."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, f"</{tag}> closes <{self.open[-1:]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style" and data.strip():
            self.words.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(self.words)


def read(html: str) -> Page:
    """Also checks what holds for every page: well nested, nothing from outside, every picture described."""
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    assert page.all("html") == [{"lang": "en"}]
    assert [len(page.all(tag)) for tag in ("h1", "main", "header", "footer")] == [1, 1, 1, 1]
    assert page.all("script") == page.all("link") == page.all("iframe") == []
    assert "url(" not in html and "@import" not in html
    for picture in page.all("img"):
        assert picture["src"].startswith("data:image/jpeg;base64,")
        assert picture["alt"].strip()
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        assert attributes.get("aria-labelledby", ids[0] if ids else "") in [*ids, ""]
        assert not any(name.startswith("on") for name in attributes)
    return page


@pytest.fixture
def read_page() -> Callable[[str], Page]:
    return read

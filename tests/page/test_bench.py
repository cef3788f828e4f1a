"""The page's benchmark runs. No time is tested here."""

from __future__ import annotations

import shutil

import pytest
from tests.page.conftest import Shop
from tests.serve.conftest import Server

from bench import page


def test_a_drop_is_timed_from_the_photo_to_the_first_product(server: Server, demo: Shop) -> None:
    pytest.importorskip("playwright", reason="playwright is not installed; it is in shelflens[dev]")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Debian's chromium is not installed; apt-get install chromium")
    photos = [demo.photo("solara-orange-1"), demo.photo("krax-cheese-2")]
    for drop in page.drops(chromium, server.url, photos):
        assert 0 < drop.answered < drop.shown

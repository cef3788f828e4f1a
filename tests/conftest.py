"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import colorsys
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image, ImageDraw, ImageFilter
from tests import milvus, postgres

from shelflens.records.address import Address, parse

# A busy machine is slow, not wrong: Hypothesis would fail what takes longer than 200 ms.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real photos (`grocery/`, `clothing/`); the test is skipped where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SHELFLENS_DATA", default))
    if not (folder / "grocery" / "train.csv").exists():
        pytest.skip(f"the real photos are not at {folder}; set SHELFLENS_DATA to where they are")
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn products with three photos each: `shop/PRODUCT/N.jpg`. Read only; copy it to change it."""
    return drawn_folder(tmp_path_factory.mktemp("data") / "shop", photos=3)


@pytest.fixture(scope="session")
def large_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight drawn products with fifty photos each. Read only."""
    return drawn_folder(tmp_path_factory.mktemp("data") / "shop", photos=50)


def drawn_folder(folder: Path, *, photos: int) -> Path:
    for product in range(8):
        (folder / f"p{product}").mkdir(parents=True)
        for number in range(photos):
            drawn_photo(product, number).save(folder / f"p{product}" / f"{number}.jpg", quality=88)
    return folder


def drawn_photo(product: int, number: int) -> Image.Image:
    """The same thing in another place and light for each number; it fills most of its picture."""
    random = np.random.default_rng([product, number])
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(product / 8, 0.8, 0.8))
    photo = Image.new("RGB", (320, 300), (235 - 5 * (number % 9), 232, 228))
    draw = ImageDraw.Draw(photo)
    left, top = (int(value) for value in random.integers(20, 80, 2))
    box = (left, top, left + 190, top + 200)
    match product % 4:
        case 0:
            draw.ellipse(box, fill=(red, green, blue))
        case 1:
            draw.rectangle(box, fill=(red, green, blue))
        case 2:
            draw.polygon([(left, top + 200), (left + 190, top + 200), (left + 95, top)], fill=(red, green, blue))
        case _:
            draw.rounded_rectangle(box, 50, fill=(red, green, blue))
    for stripe in range(product // 2 + 1):
        draw.line((left + 25, top + 50 + 28 * stripe, left + 165, top + 50 + 28 * stripe), fill="white", width=10)
    return photo.filter(ImageFilter.GaussianBlur(0.6 * (number % 5)))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A PostgreSQL server for the session; a test is skipped where none is installed."""
    if not postgres.installed():
        pytest.skip(postgres.NEEDED)
    with postgres.servers("shared") as (server,):
        server.make()
        server.start(fsync="off")
        yield server


@pytest.fixture
def new_address(postgres_server: postgres.Server, request: pytest.FixtureRequest) -> Callable[[], Address]:
    """Addresses of catalogues that are not there yet, each another."""
    numbers = count(1)
    own = sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return lambda: parse(f"{postgres_server.address}?catalogue=t{own}_{next(numbers)}")


@pytest.fixture(scope="session")
def milvus_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """HOST:PORT of a Milvus server for the session, one for all its workers, unless SHELFLENS_TEST_MILVUS names one
    that runs; a test is skipped where none is installed."""
    if at := os.environ.get("SHELFLENS_TEST_MILVUS"):
        yield at
        return
    if not milvus.installed():
        pytest.skip(milvus.NEEDED)
    own = tmp_path_factory.getbasetemp()
    with milvus.shared(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as at:
        yield at


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With SHELFLENS_SKIPS_FAIL=1, as CI sets it, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("SHELFLENS_SKIPS_FAIL") == "1" and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

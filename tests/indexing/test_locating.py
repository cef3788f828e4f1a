"""What a new catalogue sees of its pictures: chosen by the first of them, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from tests.conftest import drawn_photo

import shelflens
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError, SpaceError
from shelflens.feed.base import BadRow, BytesPhoto, FeedRow, FilePhoto, UrlPhoto
from shelflens.indexing import Framing, PhotoReader, look_at_framing
from shelflens.indexing.locating import ROWS, SAMPLE, drawn
from shelflens.types import Product

ROOMY = (640, 600)  # pixels; the drawn photos are 320 x 300


def with_room(product: int, number: int) -> Image.Image:
    photo = drawn_photo(product, number)
    larger = Image.new("RGB", ROOMY, photo.getpixel((2, 2)))
    larger.paste(photo, (40 * product, 20 + 200 * number))
    return larger


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn shop, each product half as wide in its picture."""
    folder = tmp_path_factory.mktemp("locating") / "roomy"
    for product, number in itertools.product(range(8), range(2)):
        (folder / f"p{product}").mkdir(parents=True, exist_ok=True)
        with_room(product, number).save(folder / f"p{product}" / f"{number}.jpg", quality=90)
    return folder


class Once:
    """A feed that breaks the protocol: its rows come once."""

    name = "once"

    def __init__(self, folder: Path) -> None:
        self._rows = iter([row(path.parent.name, FilePhoto(path)) for path in sorted(folder.rglob("*.jpg"))])

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        return self._rows

    def photos(self) -> int | None:
        return None


class Rows:
    """A feed of so many rows, one photo each."""

    name = "rows"

    def __init__(self, places: list[FilePhoto | UrlPhoto | BytesPhoto]) -> None:
        self.places = places
        self.read = 0

    def __iter__(self) -> Iterator[FeedRow | BadRow]:
        yield BadRow("rows:0", "broken")
        for number, place in enumerate(self.places):
            self.read = number + 1
            yield row(f"p{number}", place)

    def photos(self) -> int | None:
        return len(self.places)


def row(product_id: str, place: FilePhoto | UrlPhoto | BytesPhoto) -> FeedRow:
    return FeedRow(Product(product_id), (place,), product_id)


def test_small_products_on_plain_backgrounds_are_cut_out_and_it_is_said(roomy: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(roomy)
        info = catalogue.info()
        assert info.model == "located:auto,lite0"
        assert info.framing == Framing(looked_at=16, cut=16)
        assert catalogue.search(roomy / "p3" / "1.jpg", k=1)[0].product.product_id == "p3"
        assert catalogue.calibration is not None, "the one that is shipped for the model behind the locator"


def test_pictures_that_are_framed_well_stay_whole_in_the_models_own_space(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(shop)
        assert catalogue.space == load_embedder("lite0").manifest.space
        assert catalogue.info().framing is None


@pytest.mark.parametrize(("locate", "model"), [("whole", "lite0"), ("plain", "located:plain,lite0")])
def test_what_was_asked_for_is_not_chosen(roomy: Path, tmp_path: Path, locate: str, model: str) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True, locate=locate) as catalogue:
        catalogue.index(roomy)
        assert (catalogue.info().model, catalogue.info().framing) == (model, None)


def test_a_locator_in_the_models_name_is_asked_for_too(roomy: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True, model="located:plain,lite0") as catalogue:
        catalogue.index(roomy)
        assert catalogue.info().model == "located:plain,lite0"


def test_a_catalogue_keeps_what_it_began_with(shop: Path, roomy: Path, tmp_path: Path) -> None:
    for first, second, model in ((shop, roomy, "lite0"), (roomy, shop, "located:auto,lite0")):
        path = tmp_path / f"{first.name}.lens"
        for source in (first, second):
            with shelflens.open(path, create=True) as catalogue:
                catalogue.index(source)
                assert catalogue.info().model == model


def test_the_model_that_was_asked_for_is_the_one_behind_the_chosen_locator(roomy: Path, tmp_path: Path) -> None:
    for _ in range(2):
        with shelflens.open(tmp_path / "c.lens", create=True, model="lite0") as catalogue:
            report = catalogue.index(roomy)
            assert catalogue.info().model == "located:auto,lite0"
    assert report.unchanged == 16
    with (
        shelflens.open(tmp_path / "c.lens", create=True, model="lite0", locate="whole") as catalogue,
        pytest.raises(SpaceError),
    ):
        catalogue.index(roomy)


def test_an_embedder_that_was_loaded_before_the_choice_is_loaded_again(roomy: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        assert catalogue.embedder.manifest.name == "lite0"
        catalogue.index(roomy)
        assert catalogue.search(roomy / "p3" / "1.jpg", k=1)[0].product.product_id == "p3"


def test_another_process_takes_up_the_choice(roomy: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as serving:
        assert serving.embedder.manifest.name == "lite0"
        with shelflens.open(tmp_path / "c.lens") as other:
            other.index(roomy)
        serving.reread()
        assert serving.embedder.manifest.name == "located:auto,lite0"


def test_a_feed_that_is_no_path_is_read_only_once(roomy: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        assert catalogue.index(Once(roomy)).embedded == 16
        assert catalogue.info().model == "lite0"


def test_nothing_is_downloaded_for_the_choice(tmp_path: Path) -> None:
    feed = Rows([UrlPhoto("http://127.0.0.1:9/gone.jpg")] * 3)
    assert look_at_framing(feed, PhotoReader()) == Framing(looked_at=0, cut=0)
    assert Framing(looked_at=0, cut=0).locator == "whole"


def test_pictures_that_cannot_be_opened_do_not_count(roomy: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff broken")
    bytes_of_one = (roomy / "p0" / "0.jpg").read_bytes()
    feed = Rows([FilePhoto(tmp_path / "broken.jpg"), FilePhoto(tmp_path / "gone.jpg"), BytesPhoto(bytes_of_one, "1")])
    assert look_at_framing(feed, PhotoReader()) == Framing(looked_at=1, cut=1)


@pytest.mark.parametrize(("looked_at", "cut", "locator"), [(64, 7, "auto"), (64, 6, "whole"), (10, 1, "auto")])
def test_a_tenth_of_the_pictures_is_enough(looked_at: int, cut: int, locator: str) -> None:
    assert Framing(looked_at, cut).locator == locator


def test_framing_is_read_as_it_was_written() -> None:
    assert Framing.from_json(Framing(9, 3).to_json(), where="here") == Framing(9, 3)
    with pytest.raises(CatalogueError, match="here"):
        Framing.from_json('{"seen": 9}', where="here")


def test_the_sample_is_drawn_alike_each_time_from_all_of_the_first_rows(tmp_path: Path) -> None:
    places = [FilePhoto(tmp_path / f"{number}.jpg") for number in range(ROWS + 500)]
    feed = Rows([*places])
    sample = drawn(feed)
    assert sample == drawn(feed)
    assert len(set(sample)) == SAMPLE
    numbers = sorted(places.index(place) for place in sample if isinstance(place, FilePhoto))
    assert numbers[0] < ROWS / 8 < 7 * ROWS / 8 < numbers[-1] < ROWS
    assert feed.read <= ROWS, "no more rows are read than are drawn from"
    assert drawn(Rows([*places[:5]])) == places[:5]


def test_every_picture_is_as_likely_to_be_drawn(tmp_path: Path) -> None:
    places = [FilePhoto(tmp_path / f"{number}.jpg") for number in range(4 * SAMPLE)]
    times = dict.fromkeys(places, 0)
    for seed in range(400):
        for place in drawn(Rows([*places]), seed=seed):
            assert isinstance(place, FilePhoto)
            times[place] += 1
    quarters = [sum(list(times.values())[start : start + SAMPLE]) for start in range(0, 4 * SAMPLE, SAMPLE)]
    assert all(abs(count - 400 * SAMPLE / 4) < 0.05 * 400 * SAMPLE / 4 for count in quarters)

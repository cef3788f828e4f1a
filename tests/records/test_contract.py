"""What every implementation of the records promises."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from shelflens.errors import CatalogueError, SpaceError
from shelflens.filters import parse
from shelflens.manifest import ModelManifest
from shelflens.records.base import Batch, Embedded, Placed, Records
from shelflens.types import Attribute, Preprocessing, Product, Vectors

Embed = Callable[..., Embedded]
Open = Callable[[], Records]
JUICE = Product(
    "p1", "Apple juice", "1 l", "Bravo", "Juice", 24.9, "https://shop/p1", ("07310865001818",), {"organic": True}
)


def replayed(records: Records, space: str, *, since: int = 0, limit: int = 50_000) -> dict[int, Vectors]:
    """What a follower of the changes holds at the end."""
    held: dict[int, Vectors] = {}
    for portion in records.changes(space, since, limit=limit):
        assert portion.version > since
        assert not set(portion.put_keys.tolist()) & set(portion.removed_keys.tolist())
        since = portion.version
        held |= dict(zip(portion.put_keys.tolist(), portion.put_vectors, strict=True))
        for key in portion.removed_keys.tolist():
            held.pop(key, None)
    return held


def test_a_new_catalogue_is_empty(records: Records, manifest: ModelManifest) -> None:
    assert records.active_space() is None
    assert records.spaces() == {}
    assert records.version() == 0
    space = records.add_space(manifest)
    assert records.counts().products == records.counts().photos == 0
    assert records.counts().vectors == {space: 0}
    assert list(records.changes(space, 0)) == []
    assert list(records.products()) == []
    assert records.product("p1") is None
    assert records.matching(parse("price > 0")).dtype == np.int64


def test_the_first_space_is_active_until_another_is_made_so(records: Records, manifest: ModelManifest) -> None:
    first = records.add_space(manifest)
    other = dataclasses.replace(manifest, name="other", sha256="1" * 64)
    assert records.add_space(other) == other.space != first
    assert records.add_space(manifest) == first
    assert list(records.spaces().items()) == [(first, manifest), (other.space, other)]
    assert records.active_space() == first
    records.activate_space(other.space)
    assert records.active_space() == other.space


def test_what_is_written_is_read_by_everybody(opened: Open, space: str, records: Records, embedded: Embed) -> None:
    batch = Batch([JUICE], [embedded("p1", 1, thumbnail=b"jpeg"), embedded("p1", 2)])
    records.write(batch, space=space)
    for reader in (records, opened()):
        assert reader.product("p1") == JUICE
        assert list(reader.products()) == list(reader.products(["p2", "p1"])) == [JUICE]
        (first, one), (second, two) = reader.photos_of("p1")
        assert 1 <= first < second
        assert [one, two] == [e.photo for e in batch.photos]
        assert reader.photos([second, 99]) == {second: two}
        assert reader.thumbnail(one.photo_id) == b"jpeg"
        assert reader.thumbnail(two.photo_id) == b""
        assert reader.known([two.photo_id, "f" * 64], space=space) == {two.photo_id}
        np.testing.assert_allclose(reader.vectors([two.photo_id], space=space)[0], batch.photos[1].vector, atol=1e-4)
        assert reader.counts().vectors == {space: 2}
        assert reader.matching(parse("organic = true")).tolist() == [first, second]


def test_a_photo_is_held_by_its_product_from_its_source(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE, Product("p2")], [embedded("p1", 1, "a.jpg")]), space=space)
    photo_id = f"{1:064x}"
    assert records.holds("p1", photo_id, source="a.jpg", space=space)
    assert not records.holds("p2", photo_id, source="a.jpg", space=space)
    assert not records.holds("p1", photo_id, source="b.jpg", space=space)
    assert not records.holds("p1", f"{2:064x}", source="a.jpg", space=space)


def test_vectors_come_back_with_length_one(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([Product("p")], [embedded("p", i) for i in range(1, 50)]), space=space)
    vectors = records.vectors([f"{i:064x}" for i in range(1, 50)], space=space)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_an_unknown_space_is_refused_everywhere(records: Records, space: str, embedded: Embed) -> None:
    asks: list[Callable[[], object]] = [
        lambda: records.write(Batch([JUICE], [embedded("p1", 1)]), space="nowhere"),
        lambda: records.known(["0" * 64], space="nowhere"),
        lambda: records.holds("p1", "0" * 64, source="a.jpg", space="nowhere"),
        lambda: records.vectors(["0" * 64], space="nowhere"),
        lambda: list(records.changes("nowhere", 0)),
        lambda: records.activate_space("nowhere"),
        lambda: records.drop_space("nowhere"),
        lambda: records.add_vectors({}, space="nowhere"),
        lambda: list(records.unembedded("nowhere")),
        lambda: records.count_unembedded("nowhere"),
    ]
    for ask in asks:
        with pytest.raises(SpaceError, match=f"no space 'nowhere'; there is {space}"):
            ask()


@pytest.mark.parametrize("wrong", [np.ones(7, np.float32), np.zeros(16, np.float32), np.full(16, np.nan, np.float32)])
def test_a_vector_that_cannot_belong_to_the_space_keeps_the_whole_batch_out(
    records: Records, space: str, embedded: Embed, wrong: Vectors
) -> None:
    bad = dataclasses.replace(embedded("p1", 2), vector=wrong)
    with pytest.raises(SpaceError, match=r"photos/p1/2\.jpg: its vector has"):
        records.write(Batch([JUICE], [embedded("p1", 1), bad]), space=space)
    assert records.counts().products == 0
    assert records.version() == 0


def test_a_photo_without_product_keeps_the_whole_batch_out(records: Records, space: str, embedded: Embed) -> None:
    with pytest.raises(CatalogueError, match=r"/photos/p2/1\.jpg: its product 'p2'"):
        records.write(Batch([JUICE], [embedded("p2", 1)]), space=space)
    assert records.counts().products == 0


@pytest.mark.parametrize(
    "product", [Product(""), Product("p", price=float("nan")), Product("p", attributes={"size": float("inf")})]
)
def test_what_no_database_can_compare_is_refused(records: Records, space: str, product: Product) -> None:
    with pytest.raises(CatalogueError, match="product"):
        records.write(Batch([product]), space=space)


@pytest.mark.parametrize("text", ["\udc80.jpg", "\ud800"])
def test_text_that_is_not_unicode_is_refused_by_name(records: Records, space: str, text: str) -> None:
    with pytest.raises(CatalogueError, match="not valid Unicode text"):
        records.write(Batch([Product("p", title=text)]), space=space)
    assert records.product("p") is None


@pytest.mark.parametrize(
    "text", ["'; drop table products; --", 'a"b', "%_", "果汁🧃", "a\0b", "\\", "\n", "null", "[1]"]
)
def test_any_text_is_kept_and_found_as_it_is(records: Records, space: str, embedded: Embed, text: str) -> None:
    attributes: dict[str, Attribute] = {text: text, "many": (text, "x")}
    product = Product(text, text, text, text, text, 1.5, text, (text,), attributes)
    records.write(Batch([product], [embedded(text, 1, text)]), space=space)
    assert records.product(text) == product
    assert [photo.source for _, photo in records.photos_of(text)] == [text]


def test_writing_a_product_again_merges_it(records: Records, space: str) -> None:
    records.write(Batch([JUICE]), space=space)
    more = Product("p1", brand="Arla", attributes={"size": ("1 l", "2 l")})
    records.write(Batch([more, Product("p1", price=0.0)]), space=space)
    merged = dataclasses.replace(JUICE, brand="Arla", price=0.0, attributes={"organic": True, "size": ("1 l", "2 l")})
    assert records.product("p1") == merged
    records.replace_product(more)
    assert records.product("p1") == more
    with pytest.raises(CatalogueError, match="no product 'p2'"):
        records.replace_product(Product("p2"))


def test_filters_see_the_product_as_it_is_now(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", 1)]), space=space)
    records.replace_product(Product("p1", attributes={"organic": False}))
    assert (
        records.matching(parse("organic = true")).size == records.matching(parse("gtin = '07310865001818'")).size == 0
    )
    assert records.matching(parse("organic = false")).size == 1


def test_products_come_by_ascending_id_however_many(records: Records, space: str) -> None:
    ids = [f"p{i}" for i in range(2_345)] + ["é", "Z", "😀", "\uffee"]
    records.write(Batch([Product(i) for i in reversed(ids)]), space=space)
    assert [p.product_id for p in records.products()] == sorted(ids)
    assert [p.product_id for p in records.products(ids[:1_200])] == sorted(ids[:1_200])


def test_new_bytes_from_the_same_source_replace_the_photo(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", 1, "a.jpg"), embedded("p1", 2, "b.jpg")]), space=space)
    (former, _), (other, _) = records.photos_of("p1")
    before = records.version()
    records.write(Batch(photos=[embedded("p1", 3, "a.jpg")]), space=space)
    assert [photo.photo_id[-1] for _, photo in records.photos_of("p1")] == ["2", "3"]
    assert records.known([f"{1:064x}"], space=space) == set()
    (portion,) = records.changes(space, before)
    assert portion.removed_keys.tolist() == [former]
    assert portion.put_keys.tolist() == [records.photos_of("p1")[1][0]]
    assert other not in portion.put_keys


def test_the_same_bytes_from_another_source_keep_their_key(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", 1, "a.jpg")]), space=space)
    ((key, _),) = records.photos_of("p1")
    records.write(Batch(photos=[embedded("p1", 1, "b.jpg")]), space=space)
    assert [(key, photo.source) for key, photo in records.photos_of("p1")] == [(key, "b.jpg")]
    records.write(Batch(photos=[embedded("p1", 2, "a.jpg")]), space=space)  # the file of old holds a new picture
    assert [photo.source for _, photo in records.photos_of("p1")] == ["b.jpg", "a.jpg"]


def test_two_sources_may_swap_their_pictures_in_one_batch(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", 1, "a"), embedded("p1", 2, "b")]), space=space)
    records.write(Batch(photos=[embedded("p1", 2, "a"), embedded("p1", 1, "b")]), space=space)
    assert sorted((photo.source, photo.photo_id[-1]) for _, photo in records.photos_of("p1")) == [
        ("a", "2"),
        ("b", "1"),
    ]


def test_a_vector_stays_as_long_as_any_product_shows_the_photo(records: Records, space: str, embedded: Embed) -> None:
    shared, photo_id = embedded("p1", 1, thumbnail=b"jpeg"), f"{1:064x}"
    records.write(Batch([JUICE, Product("p2")], [shared, embedded("p2", 1)]), space=space)
    assert (records.counts().photos, records.counts().vectors) == (2, {space: 1})
    assert records.remove_products(["p1", "p1", "p9"]) == 1
    assert records.known([photo_id], space=space) == {photo_id}
    ((key, _),) = records.photos_of("p2")
    assert records.remove_photos(np.array([key, 777])) == 1
    assert records.known([photo_id], space=space) == set()
    assert records.thumbnail(photo_id) == b""
    with pytest.raises(CatalogueError, match="has no vector in space"):
        records.vectors([photo_id], space=space)


def test_a_key_is_never_given_out_twice(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", 1)]), space=space)
    ((former, _),) = records.photos_of("p1")
    records.remove_products(["p1"])
    records.write(Batch([JUICE], [embedded("p1", 1)]), space=space)
    ((key, _),) = records.photos_of("p1")
    assert key > former


def test_writing_what_is_there_changes_nothing(records: Records, space: str, embedded: Embed) -> None:
    batch = Batch([JUICE], [embedded("p1", 1), embedded("p1", 2, thumbnail=b"jpeg")])
    records.write(batch, space=space)
    before = records.version()
    records.write(batch, space=space)
    kept = records.vectors([batch.photos[0].photo.photo_id], space=space)[0]
    records.write(Batch(photos=[dataclasses.replace(batch.photos[0], vector=kept)]), space=space)
    assert records.version() == before


def test_every_change_of_a_product_or_photo_raises_the_version(records: Records, space: str, embedded: Embed) -> None:
    changes: list[Callable[[], object]] = [
        lambda: records.write(Batch([JUICE], [embedded("p1", 1), embedded("p1", 2)]), space=space),
        lambda: records.write(Batch([Product("p1", title="Pear juice")]), space=space),
        lambda: records.write(Batch(photos=[embedded("p1", 1, "moved.jpg")]), space=space),
        lambda: records.replace_product(Product("p1")),
        lambda: records.remove_photos(np.array([records.photos_of("p1")[0][0]])),
        lambda: records.remove_products(["p1"]),
    ]
    for change in changes:
        before = records.version()
        change()
        assert records.version() > before


def test_another_vector_of_the_photo_reaches_all_that_show_it(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE, Product("p2")], [embedded("p1", 1), embedded("p2", 1)]), space=space)
    before = records.version()
    other = dataclasses.replace(embedded("p1", 1), vector=embedded("p1", 9).vector)
    records.write(Batch(photos=[other]), space=space)
    (portion,) = records.changes(space, before)
    assert portion.put_keys.tolist() == [records.photos_of("p1")[0][0], records.photos_of("p2")[0][0]]
    np.testing.assert_allclose(portion.put_vectors @ other.vector, 1, atol=1e-4)


def test_a_second_space_holds_its_own_vectors(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    small = dataclasses.replace(manifest, sha256="2" * 64, dimension=4)
    second = records.add_space(small)
    records.write(Batch([JUICE], [embedded("p1", 1), embedded("p1", 2)]), space=space)
    unit = np.array([1, 0, 0, 0], np.float32)
    records.write(Batch(photos=[dataclasses.replace(embedded("p1", 1), vector=unit, space=second)]), space=second)
    ((one, _), (two, _)) = records.photos_of("p1")
    assert set(replayed(records, space)) == {one, two}
    np.testing.assert_array_equal(replayed(records, second)[one], unit)
    assert records.counts().vectors == {space: 2, second: 1}
    records.remove_products(["p1"])
    assert records.counts().vectors == {space: 0, second: 0}


def test_a_second_space_is_filled_without_touching_photos(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    second = records.add_space(dataclasses.replace(manifest, sha256="2" * 64, dimension=4))
    photos = [embedded("p1", 1), embedded("p1", 2), embedded("p2", 1)]
    records.write(Batch([JUICE, Product("p2")], photos), space=space)
    before = replayed(records, space)
    since = records.version()
    unit = np.array([1, 0, 0, 0], np.float32)
    assert [photo.photo_id for photo in records.unembedded(second)] == [f"{1:064x}", f"{2:064x}"]
    assert records.count_unembedded(second) == 2
    records.add_vectors({f"{1:064x}": unit, f"{9:064x}": unit}, space=second)
    assert [photo.photo_id for photo in records.unembedded(second)] == [f"{2:064x}"]
    assert records.count_unembedded(second) == 1
    assert records.count_unembedded(space) == 0
    assert records.counts().photos == 3
    keys = {key for key, photo in keyed_photos(records) if photo == f"{1:064x}"}
    assert set(replayed(records, second, since=since)) == set(replayed(records, second)) == keys
    after = replayed(records, space)
    assert set(after) == set(before)
    assert all(np.array_equal(after[key], before[key]) for key in before)
    with pytest.raises(SpaceError, match="holds vectors of 4"):
        records.add_vectors({f"{2:064x}": photos[1].vector}, space=second)


def test_followers_of_one_space_do_not_hear_of_another_that_is_filled(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    second = records.add_space(dataclasses.replace(manifest, sha256="2" * 64))
    photos = [embedded("p1", number) for number in range(1, 6)]
    records.write(Batch([JUICE], photos), space=space)
    since = records.version()
    vectors = {one.photo.photo_id: embedded("p1", 9).vector for one in photos}
    records.add_vectors(vectors, space=second)
    records.add_vectors(dict(list(vectors.items())[:2]), space=second)  # the same once more
    (mine,) = records.changes(space, since)
    assert (len(mine.put_keys), len(mine.removed_keys), mine.version) == (0, 0, records.version())
    (its,) = records.changes(second, since)
    assert len(its.put_keys) == 5
    records.remove_photos(its.put_keys[:1])
    for one in (space, second):
        assert len(replayed(records, one)) == 4
        for limit in (1, 2, 3):
            portions = list(records.changes(one, 0, limit=limit))
            assert len({int(key) for portion in portions for key in portion.put_keys}) == 4
            assert all(len(set(portion.put_keys)) == len(portion.put_keys) for portion in portions)
    assert records.drop_space(second) == 4
    again = records.add_space(dataclasses.replace(manifest, sha256="2" * 64))
    assert replayed(records, again) == {}


def test_a_vector_of_another_space_is_refused_and_nothing_is_kept(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    """Another model's, and the same model's from pictures prepared otherwise, however alike they seem."""
    other_model = dataclasses.replace(manifest, sha256="2" * 64)
    other_crop = dataclasses.replace(manifest, preprocessing=dataclasses.replace(Preprocessing(), crop_share=0.5))
    for other in (other_model, other_crop):
        foreign = dataclasses.replace(embedded("p1", 2), space=other.space)
        with pytest.raises(SpaceError, match=f"is of space {other.space}"):
            records.write(Batch([JUICE], [embedded("p1", 1), foreign]), space=space)
        with pytest.raises(SpaceError, match=f"no space '{other.space}'"):
            records.write(Batch([JUICE], [foreign]), space=other.space)
        with pytest.raises(SpaceError, match=f"no space '{other.space}'"):
            records.add_vectors({foreign.photo.photo_id: foreign.vector}, space=other.space)
        records.add_space(other)
        with pytest.raises(SpaceError, match=f"is of space {space}"):
            records.write(Batch([JUICE], [embedded("p1", 1)]), space=other.space)
    assert records.counts().photos == records.counts().products == 0


def test_a_photo_brings_vectors_of_several_spaces_in_one_write(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    second = records.add_space(dataclasses.replace(manifest, sha256="2" * 64, dimension=4))
    unit = np.array([1, 0, 0, 0], np.float32)
    both = dataclasses.replace(embedded("p1", 1), beside=(Placed(unit, second), Placed(unit, "dropped-since")))
    records.write(Batch([JUICE], [both, embedded("p1", 2)]), space=space)
    assert records.counts().vectors == {space: 2, second: 1}
    ((key, _), _) = records.photos_of("p1")
    np.testing.assert_array_equal(replayed(records, second)[key], unit)
    assert [photo.photo_id for photo in records.unembedded(second)] == [f"{2:064x}"]
    wrong = dataclasses.replace(embedded("p1", 3), beside=(Placed(np.eye(3, dtype=np.float32)[0], second),))
    with pytest.raises(SpaceError, match="holds vectors of 4"):
        records.write(Batch(photos=[wrong]), space=space)
    assert records.counts().photos == 2


def keyed_photos(records: Records) -> list[tuple[int, str]]:
    every = (pair for product in records.products() for pair in records.photos_of(product.product_id))
    return [(key, photo.photo_id) for key, photo in every]


def test_photos_may_be_embedded_while_they_are_listed(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    second = records.add_space(dataclasses.replace(manifest, sha256="2" * 64))
    photos = [embedded("p1", number) for number in range(1, 40)]
    records.write(Batch([JUICE], photos), space=space)
    for photo in records.unembedded(second):
        records.add_vectors({photo.photo_id: photos[0].vector}, space=second)
    assert records.counts().vectors[second] == 39


def test_a_space_goes_with_its_vectors_unless_searches_use_it(
    records: Records, space: str, manifest: ModelManifest, embedded: Embed
) -> None:
    second = records.add_space(dataclasses.replace(manifest, sha256="2" * 64))
    records.write(Batch([JUICE], [embedded("p1", 1)]), space=space)
    records.add_vectors({f"{1:064x}": embedded("p1", 1).vector}, space=second)
    version = records.version()
    assert records.drop_space(second) == 1
    assert list(records.spaces()) == [space]
    assert records.version() == version
    assert len(replayed(records, space)) == 1
    with pytest.raises(SpaceError, match="the one that searches use"):
        records.drop_space(space)


@pytest.mark.parametrize("limit", [1, 3, 1_000])
def test_followers_hold_what_the_records_hold(records: Records, space: str, embedded: Embed, limit: int) -> None:
    """The slow twin is the state itself, read without the log; the follower joins at a random moment."""
    random = np.random.default_rng(limit)
    followed: dict[int, Vectors] = {}
    at = 0
    for _ in range(60):
        product, number = f"p{random.integers(4)}", int(random.integers(12))
        match random.integers(6):
            case 0:
                records.remove_products([product])
            case 1 if pairs := records.photos_of(product):
                records.remove_photos(np.array([pairs[0][0]]))
            case _:
                photos = [embedded(product, number + i, f"{i}.jpg") for i in range(random.integers(1, 4))]
                records.write(Batch([Product(product)], photos), space=space)
        if random.random() < 0.4:
            for portion in records.changes(space, at, limit=limit):
                followed |= dict(zip(portion.put_keys.tolist(), portion.put_vectors, strict=True))
                for key in portion.removed_keys.tolist():
                    followed.pop(key, None)
                at = portion.version
            assert at == records.version()
            truth = {key: photo for p in records.products() for key, photo in records.photos_of(p.product_id)}
            assert set(followed) == set(truth) == set(replayed(records, space, limit=limit))
            for key, photo in truth.items():
                np.testing.assert_array_equal(followed[key], records.vectors([photo.photo_id], space=space)[0])


def test_changes_of_the_future_are_refused(records: Records, space: str) -> None:
    with pytest.raises(CatalogueError, match="an older copy of the records was put back"):
        list(records.changes(space, 5))


def test_descriptions_belong_to_a_photo_and_go_with_it(records: Records, space: str, embedded: Embed) -> None:
    one, two = f"{1:064x}", f"{2:064x}"
    records.write(Batch([JUICE, Product("p2")], [embedded("p1", 1), embedded("p1", 2), embedded("p2", 1)]), space=space)
    assert [photo.photo_id for photo in records.undescribed("local/1")] == [one, two]
    before = records.version()
    records.describe("local/1", {one: b"points", f"{9:064x}": b"of nobody"})
    assert records.version() == before
    assert [photo.photo_id for photo in records.undescribed("local/1")] == [two]
    records.describe("local/1", {one: b"better points", two: b""})
    assert records.descriptions("local/1", [two, one, f"{9:064x}"]) == {one: b"better points", two: b""}
    assert records.descriptions("local/2", [one]) == {}
    assert list(records.undescribed("local/1")) == []
    records.remove_products(["p1"])
    assert records.descriptions("local/1", [one, two]) == {one: b"better points"}


def test_photos_may_be_described_while_they_are_listed(records: Records, space: str, embedded: Embed) -> None:
    records.write(Batch([JUICE], [embedded("p1", number) for number in range(1, 40)]), space=space)
    for photo in records.undescribed("hash/1"):
        records.describe("hash/1", {photo.photo_id: b"h"})
    assert len(records.descriptions("hash/1", [f"{number:064x}" for number in range(1, 40)])) == 39


def test_photos_are_counted_by_product(records: Records, space: str, embedded: Embed) -> None:
    photos = [embedded("p1", 1), embedded("p1", 2), embedded("p2", 1)]
    records.write(Batch([JUICE, Product("p2"), Product("p3")], photos), space=space)
    assert records.photo_counts(["p2", "p1", "p3", "p9"]) == {"p1": 2, "p2": 1}


def test_documents_are_kept_by_name(records: Records) -> None:
    assert records.kept("calibration") is None
    records.keep("calibration", "{}")
    records.keep("calibration", '{"a": "ö"}')
    assert records.kept("calibration") == '{"a": "ö"}'
    records.forget("calibration")
    records.forget("nothing")
    assert records.kept("calibration") is None
    assert records.kept("other") is None

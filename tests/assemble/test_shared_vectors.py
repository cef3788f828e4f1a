"""Vectors on a server, Milvus or pgvector: what any process writes, every process finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from tests import postgres

import shelflens
from shelflens.assemble import Catalogue, move
from shelflens.assemble.vectors import vector_server
from shelflens.errors import CatalogueError, UnavailableError
from shelflens.filters import parse as parse_filter
from shelflens.manifest import ModelManifest
from shelflens.records.address import Address
from shelflens.records.base import Batch, Embedded
from shelflens.search import Gallery
from shelflens.types import Photo, Preprocessing, Product
from shelflens.vectors.making import IndexMaker, SharedIndexMaker

Open = Callable[..., Catalogue]


@pytest.fixture(params=["milvus", "pgvector"])
def opened(
    request: pytest.FixtureRequest, new_address: Callable[[], Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """The same catalogue again at every call, as another machine would open it."""
    address = new_address()
    with ExitStack() as closing:

        def open_it(*, vectors: str | None = None) -> Catalogue:
            monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
            return closing.enter_context(shelflens.open(address, create=True, vectors=vectors))

        on_milvus = request.param == "milvus"
        open_it(vectors=f"milvus://{request.getfixturevalue('milvus_server')}" if on_milvus else "pgvector")
        yield open_it


def test_a_shop_on_a_server_is_the_shop_in_memory(opened: Open, shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "own.lens", create=True) as own:
        own.index(shop)
        one, two = opened(), opened()
        one.index(shop)
        for catalogue in (one, two):
            for condition in (None, "product_id in (p1, p5, p6)", "not product_id = p3"):
                asked = shop / "p3" / "1.jpg"
                expected = own.search(asked, k=5, filter=condition)
                found = catalogue.search(asked, k=5, filter=condition)
                assert [match.product.product_id for match in found] == [match.product.product_id for match in expected]
                np.testing.assert_allclose([m.score for m in found], [m.score for m in expected], atol=1e-4)
                assert [len(match.hits) for match in found] == [len(match.hits) for match in expected]
        # read after write, both ways
        photo = (shop / "p3" / "1.jpg").read_bytes()
        one.remove(["p3"])
        assert two.search(shop / "p3" / "1.jpg", k=1)[0].product.product_id != "p3"
        two.records.change_product("back", lambda _former: Product("back"))
        two.add_photo("back", photo)
        (match,) = one.search(shop / "p3" / "1.jpg", k=1)
        assert (match.product.product_id, round(match.score, 4)) == ("back", 1)
        server = vector_server(one.records)
        move(one.path, tmp_path / "moved.lens")  # a copy does not write to the same vectors
        with shelflens.open(tmp_path / "moved.lens") as moved:
            assert server is not None
            assert vector_server(moved.records) is None
            assert moved.search(shop / "p3" / "1.jpg", k=1)[0].product.product_id == "back"


@pytest.mark.parametrize(
    ("records_in", "kind"), [("postgres", "milvus"), ("sqlite", "milvus"), ("postgres", "pgvector")]
)
def test_followers_take_turns_and_hold_what_the_records_hold(
    request: pytest.FixtureRequest,
    records_in: str,
    kind: str,
    new_address: Callable[[], Address],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two processes write, follow and search by turns, one is killed between following and saying so; the slow twin
    is an index of one's own."""
    from shelflens import plug

    where = new_address() if records_in == "postgres" else tmp_path / "shop.lens"
    random, dimension = np.random.default_rng(5), 24
    stores = [plug.find("records", records_in)(where, create=True) for _ in range(2)]
    space = stores[0].add_space(ModelManifest("tiny", "0" * 64, dimension, Preprocessing(), ""))
    name = f"turns_{random.integers(1 << 30)}_{tmp_path.stat().st_ino}"
    at = request.getfixturevalue("milvus_server") if kind == "milvus" else new_address().dsn
    maker = SharedIndexMaker(kind, dimension, at, name if kind == "milvus" else f"public.{name}")
    galleries = [Gallery(store, space=space, maker=maker) for store in stores]
    twin = Gallery(stores[0], space=space, maker=IndexMaker(dimension, tmp_path))
    drawn = random.standard_normal((400, dimension)).astype(np.float32)
    vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    for step in range(12):
        store, product = stores[step % 2], f"p{step % 5}"
        photos = [
            Embedded(Photo(f"{n:064x}", product, f"{n}.jpg", 9, 9), vectors[n], space)
            for n in random.integers(0, 400, 20).tolist()
        ]
        store.write(Batch([Product(product, price=float(step))], photos), space=space)
        if step % 4 == 3:
            store.remove_products([f"p{(step + 2) % 5}"])
        if step == 6:  # killed before its stamp: the next one follows the same changes again
            monkeypatch.setattr(galleries[0], "_stamp", lambda _index: None)
            galleries[0].refresh()
            galleries[0] = Gallery(stores[0], space=space, maker=maker)
        for condition in (None, parse_filter("price > 4")):
            expected = twin.neighbours(vectors[:3], 8, condition=condition)
            found = galleries[(step // 2) % 2].neighbours(vectors[:3], 8, condition=condition)
            np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)
            assert (found.keys == expected.keys).mean() > 0.9  # equal but for vectors that differ by rounding
    assert len(galleries[0]) == len(galleries[1]) == len(twin)
    for store in stores:
        store.close()


def test_a_server_that_is_away_is_named(shop: Path, tmp_path: Path) -> None:
    pytest.importorskip("pymilvus", reason="pip install 'shelflens[milvus]'")
    at = f"127.0.0.1:{postgres.free_port()}"
    with shelflens.open(tmp_path / "shop.lens", create=True, vectors=f"milvus://{at}") as catalogue:
        with pytest.raises(UnavailableError, match=f"milvus://{at}: the server cannot be reached"):
            catalogue.index(shop)
        assert catalogue.records.counts().photos == 24  # nothing that was acknowledged is lost
    with shelflens.open(tmp_path / "shop.lens", vectors="own") as catalogue:
        assert catalogue.search(shop / "p3" / "1.jpg", k=1)[0].product.product_id == "p3"


def test_shards_and_replicas_are_kept_with_the_catalogue(milvus_server: str, shop: Path, tmp_path: Path) -> None:
    from pymilvus import MilvusClient

    with shelflens.open(tmp_path / "a.lens", create=True, vectors=f"milvus://{milvus_server}?shards=3") as catalogue:
        catalogue.index(shop)
        assert catalogue.search(shop / "p3" / "1.jpg", k=1)[0].product.product_id == "p3"
        server, space = vector_server(catalogue.records), catalogue.records.active_space()
        assert server is not None
        assert (server.shards, server.replicas) == (3, 1)
    made = MilvusClient(uri=f"http://{milvus_server}").describe_collection(f"{server.name}_{space}")
    assert made["num_shards"] == 3
    with shelflens.open(tmp_path / "a.lens", vectors=f"milvus://{milvus_server}?replicas=1&shards=3") as again:
        assert vector_server(again.records) == server  # the same vectors
    with shelflens.open(tmp_path / "a.lens", vectors=f"milvus://{milvus_server}?replicas=16") as many:
        other = vector_server(many.records)
        assert other is not None
        assert other.name != server.name  # of another form, so filled anew
        with pytest.raises(CatalogueError, match=r"16 replicas want as many query nodes"):
            many.search(shop / "p3" / "1.jpg", k=1)


@pytest.mark.parametrize("option", ["copies=2", "replicas=0", "replicas=", "shards=17", "shards=-1", "shards=two"])
def test_a_wrong_option_of_the_address_is_named(tmp_path: Path, option: str) -> None:
    with pytest.raises(CatalogueError, match=f"vectors with {option}: (there is no such option|a number from 1 to 16)"):
        shelflens.open(tmp_path / "shop.lens", create=True, vectors=f"milvus://h:1?{option}")


@pytest.mark.parametrize("wrong", ["milvus://", "qdrant://h:1", "h:19530", "milvus://ann:s3cret@h:19530"])
def test_what_is_no_server_is_explained(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(
        CatalogueError, match=r"vectors at .*(write milvus://HOST:PORT|SHELFLENS_VECTORS_LOGIN)"
    ) as raised:
        shelflens.open(tmp_path / "shop.lens", create=True, vectors=wrong)
    assert "s3cret" not in str(raised.value)

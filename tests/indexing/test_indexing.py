"""Feeds to records: what is embedded, what is not, and what is reported."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import shelflens
from shelflens.feed.base import BadRow
from shelflens.indexing import Progress
from shelflens.settings import Settings


def test_a_folder_of_products_is_taken_in_whole(shop: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        report = catalogue.index(shop, on_progress=seen.append)
        assert (report.rows, report.photos, report.embedded, report.bad) == (8, 24, 24, 0)
        counts = catalogue.info().counts
        assert (counts.products, counts.photos) == (8, 24)
    assert [seen[-1].kept, seen[-1].total] == [24, 24]


def test_a_second_run_embeds_nothing(shop: Path, tmp_path: Path) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(shop)
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        version = catalogue.records.version()
        report = catalogue.index(shop)
        assert (report.embedded, report.reused, report.unchanged) == (0, 0, 24)
        assert catalogue.records.version() == version


def test_equal_bytes_are_embedded_once(shop: Path, tmp_path: Path) -> None:
    for product in ("a", "b", "c"):
        (tmp_path / "photos" / product).mkdir(parents=True)
        for copy in range(4):
            shutil.copy(shop / "p1" / "0.jpg", tmp_path / "photos" / product / f"{copy}.jpg")
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        report = catalogue.index(tmp_path / "photos")
        assert (report.embedded, report.bad) == (1, 0)
        assert {m.product.product_id for m in catalogue.search(shop / "p1" / "0.jpg")} == {"a", "b", "c"}


def test_only_a_changed_photo_is_embedded_again(shop: Path, tmp_path: Path) -> None:
    photos = shutil.copytree(shop, tmp_path / "photos")
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(photos)
        photo = photos / "p0" / "0.jpg"
        photo.write_bytes(photo.read_bytes() + b"\0")  # other bytes, the same picture
        report = catalogue.index(photos)
        assert (report.embedded, report.unchanged) == (1, 23)
        assert catalogue.info().counts.photos == 24


def test_bad_rows_and_photos_are_reported_and_the_rest_goes_on(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes((shop / "p0" / "0.jpg").read_bytes()[:400])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "page.jpg").write_text("<html>not found</html>")
    rows = [f"p{n},{shop}/p{n}/0.jpg," for n in range(8)]
    rows[1:1] = [
        "bad1,broken.jpg,1",
        "bad2,empty.jpg,1",
        "bad3,page.jpg,1",
        "bad4,nowhere.jpg,1",
        f",{shop}/p0/1.jpg,1",
    ]
    (tmp_path / "t.csv").write_text("\n".join(["product_id,photo,price", *rows]))
    bad: list[BadRow] = []
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        report = catalogue.index(tmp_path / "t.csv", on_bad=bad.append)
        assert (report.embedded, report.bad) == (8, 5)
    assert len(bad) == 5
    reasons = {row.product_id: row for row in bad}
    assert "broken.jpg" in reasons["bad1"].reason and "t.csv:3" in reasons["bad1"].where
    assert "empty" in reasons["bad2"].reason
    assert "not a picture" in reasons["bad3"].reason
    assert "nowhere.jpg" in reasons["bad4"].reason
    assert "product_id" in reasons[""].reason


def test_photos_of_urls_are_fetched_and_keep_a_thumbnail(shop: Path, tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(shop))  # type: ignore[arg-type]  # the server passes its three

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        rows = [f"{address}/p{n}/0.jpg\tp{n}" for n in range(4)] + [f"{address}/gone.jpg\tgone"]
        (tmp_path / "urls.txt").write_text("\n".join(rows))
        allowed = Settings(allowed_hosts=frozenset({"127.0.0.1"}))
        bad: list[BadRow] = []
        with shelflens.open(tmp_path / "c.lens", create=True, settings=allowed) as catalogue:
            report = catalogue.index(tmp_path / "urls.txt", on_bad=bad.append)
            assert (report.embedded, report.bad) == (4, 1)
            assert "404" in bad[0].reason
            match = catalogue.search(shop / "p2" / "0.jpg", k=1)[0]
            assert match.product.product_id == "p2"
            assert catalogue.records.thumbnail(match.photo.photo_id).startswith(b"\xff\xd8")
        with shelflens.open(tmp_path / "d.lens", create=True, settings=Settings()) as catalogue:
            assert catalogue.index(tmp_path / "urls.txt").bad == 5  # a loopback address, not allowed by name
        server.shutdown()


def test_the_export_holds_every_photo_with_its_vector(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"id,image,size\np0,{shop}/p0/0.jpg,12\nbare,,3\n")
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        catalogue.index(shop, tmp_path / "t.csv")
        assert catalogue.export(tmp_path / "out.parquet") == 25 + 0
        table = pq.read_table(tmp_path / "out.parquet").to_pylist()
        assert len(table) == 25
        by_source = {row["source"]: row for row in table}
        row = by_source[str(shop / "p0" / "0.jpg")]
        assert json.loads(row["attributes"])["size"] == 12
        stored = catalogue.records.vectors([row["photo_id"]], space=catalogue.space)[0]
        assert np.allclose(row["vector"], stored)
        assert by_source[None]["product_id"] == "bare" and by_source[None]["vector"] is None


def test_a_stop_keeps_what_is_done_and_the_next_run_goes_on(shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "c.lens"

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    many = tmp_path / "many"
    for copy in range(8):  # 192 distinct photos: more than one batch
        for photo in shop.glob("*/*.jpg"):
            target = many / photo.parent.name / f"{copy}-{photo.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(photo.read_bytes() + bytes([copy]))
    with shelflens.open(path, create=True) as catalogue:
        listener = [stop]
        report = catalogue.index(many, on_progress=lambda progress: listener.pop()(progress) if listener else None)
        assert report.interrupted
        kept = catalogue.info().counts.photos
        assert 0 < kept < 192
    with shelflens.open(path, create=True) as catalogue:
        report = catalogue.index(many)
        assert (report.embedded, report.unchanged) == (192 - kept, kept)


@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_does_not_depend_on_the_workers(shop: Path, tmp_path: Path, workers: int) -> None:
    with shelflens.open(tmp_path / "c.lens", create=True, settings=Settings(threads=workers)) as catalogue:
        catalogue.index(shop)
        keys = [key for n in range(8) for key, _ in catalogue.records.photos_of(f"p{n}")]
        assert keys == sorted(keys)  # kept in the feed's order
        assert len(keys) == 24

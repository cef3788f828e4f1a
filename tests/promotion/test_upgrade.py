"""An upgrade while a catalogue is searched and written to, in every store of records."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.cli.command import shelflens as command

import shelflens
from shelflens.assemble import Catalogue
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError, SpaceError
from shelflens.feed.base import BadRow
from shelflens.promotion import write_report
from shelflens.records.address import Address, Location
from shelflens.search import Searcher

OLD = "lite0"


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """A directory, unless the test asks for "postgres"."""
    shared = getattr(request, "param", "sqlite") == "postgres"
    where: Location = request.getfixturevalue("new_address")() if shared else tmp_path / "shop.lens"
    return where


everywhere = pytest.mark.parametrize("place", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def stored(place: Location, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Catalogue]:
    """Seven drawn products of lite0, three photos each; p7 is still to come. In PostgreSQL pgvector searches, too."""
    monkeypatch.setenv("SHELFLENS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "seven"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns("p7"))
    vectors = "pgvector" if isinstance(place, Address) else None
    with shelflens.open(place, create=True, model=OLD, locate="whole", vectors=vectors) as opened:
        opened.index(folder)
        yield opened


@everywhere
def test_searches_and_writes_go_on_and_no_photo_is_lost_there_or_back(
    stored: Catalogue, place: Location, blind: Path, shop: Path
) -> None:
    model, old = f"onnx:{blind}/model.onnx", stored.space
    prepared = stored.upgrades.run(model, pictures=shop / "p3")
    assert (prepared.switched, prepared.embedded, prepared.lacking) == (False, 21, 0)
    assert ["no longer say how sure" in reason for reason in prepared.reasons] == [True]
    assert prepared.agreement is not None and prepared.agreement.queries == 3
    assert stored.space == old

    with shelflens.open(place) as other:  # as another process, that has never heard of the model
        assert other.index(shop / "p7").embedded == 3
        photo = other.add_photo("1", (shop / "p7" / "0.jpg").read_bytes())
    new = prepared.new.space
    assert stored.records.count_unembedded(new) == 0
    assert stored.records.known([photo.photo_id], space=new) == {photo.photo_id}
    assert len(stored.gallery) == stored.records.counts().photos == 25

    assert stored.upgrades.switch().switched
    assert (stored.space, stored.gallery.space, len(stored.gallery)) == (new, new, 25)
    state = stored.upgrades.state()
    assert state is not None and (state.switched, state.lacking) == (True, 0)
    assert stored.roll_back().lacking == 0
    assert (stored.space, len(stored.gallery)) == (old, 25)
    with pytest.raises(CatalogueError, match=r"an upgrade to onnx:.* was taken back"):
        stored.upgrades.run("lite2", pictures=shop / "p3")
    assert [one.vectors for one in stored.drop_others()] == [24, 0]  # two of the photos have the same bytes
    assert stored.upgrades.state() is None


def test_both_vectors_are_what_each_model_sees_of_the_file(stored: Catalogue, shop: Path) -> None:
    """The slow twin is a catalogue made with the other model from the start."""
    stored.upgrades.run("lite2", pictures=shop / "p3" / "0.jpg")
    stored.index(shop / "p7")
    space = load_embedder("lite2", threads=1).manifest.space
    ids = [row.photo_id for one in stored.records.products() for _, row in stored.records.photos_of(one.product_id)]
    stored.upgrades.switch()
    stored.drop_others()
    with shelflens.open(shop.parent / "fresh.lens", create=True, model="lite2", locate="whole") as fresh:
        fresh.index(shop)
        expected = fresh.records.vectors(ids, space=space)
    np.testing.assert_array_equal(stored.records.vectors(ids, space=space), expected)


@everywhere
def test_a_server_answers_without_a_pause_while_models_come_and_go(
    stored: Catalogue, place: Location, blind: Path, shop: Path
) -> None:
    """Threads search all the time, one thread follows; another process switches to and fro."""
    stored.upgrades.run(f"onnx:{blind}/model.onnx", pictures=shop / "p3")
    photo = shop / "p3" / "2.jpg"
    with shelflens.open(place) as serving:
        answers = {round(stored.search(photo, k=1)[0].score, 5)}
        stored.upgrades.switch()
        answers.add(round(stored.search(photo, k=1)[0].score, 5))
        stored.roll_back()
        serving.follow()
        seen: set[float] = set()
        failed: list[Exception] = []
        over = threading.Event()

        def search() -> None:
            try:
                while not over.is_set():
                    seen.add(round(serving.search(photo, k=1)[0].score, 5))
            except Exception as error:  # noqa: BLE001 - whatever it is, a query has failed
                failed.append(error)

        threads = [threading.Thread(target=search) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(4):
            for switch in (stored.upgrades.switch, stored.roll_back):
                switch()
                serving.follow()
                assert (
                    serving.space == serving.gallery.space == serving.searcher.embedder.manifest.space == stored.space
                )
        over.set()
        for thread in threads:
            thread.join()
        assert failed == []
        assert seen <= answers


def test_what_another_process_decides_is_taken_up_by_who_follows(stored: Catalogue, place: Location) -> None:
    with shelflens.open(place) as serving:
        serving.follow()
        before = serving.searcher
        serving.follow()
        assert serving.searcher is before
        stored.look_closer(["colour"])
        serving.follow()
        assert serving.evidence == ("colour",)
        assert [verifier.name for verifier in serving.searcher.verification.verifiers] == ["colour"]  # type: ignore[union-attr]
        assert serving.gallery is before.gallery


def test_who_has_slept_through_it_all_writes_where_searches_look(
    stored: Catalogue, place: Location, blind: Path, shop: Path
) -> None:
    with shelflens.open(place) as sleeper:
        assert sleeper.search(shop / "p3" / "2.jpg", k=1)
        _ = sleeper.embedder
        stored.upgrades.run(f"onnx:{blind}/model.onnx", pictures=shop / "p3")
        stored.upgrades.switch()
        stored.drop_others()
        photo = sleeper.add_photo("p3", (shop / "p7" / "0.jpg").read_bytes())
        assert sleeper.index(shop / "p7").embedded == 2
        assert list(stored.records.spaces()) == [stored.space] == [sleeper.space]
        assert stored.records.known([photo.photo_id], space=stored.space)
        assert stored.records.count_unembedded(stored.space) == 0
        sleeper.follow()
        assert sleeper.search(shop / "p3" / "2.jpg", k=3) == stored.search(shop / "p3" / "2.jpg", k=3)


def test_photos_that_cannot_be_read_again_hold_up_the_switch(stored: Catalogue, blind: Path, tmp_path: Path) -> None:
    (tmp_path / "seven" / "p0" / "0.jpg").unlink()
    bad: list[BadRow] = []
    prepared = stored.upgrades.run(f"onnx:{blind}/model.onnx", pictures=tmp_path / "seven" / "p1", on_bad=bad.append)
    assert prepared.lacking == 1
    assert any("searches would no longer find them" in reason for reason in prepared.reasons)
    assert [row.product_id for row in bad] == ["p0"]
    with pytest.raises(CatalogueError, match="1 photos have no vector"):
        stored.upgrades.switch()
    assert stored.upgrades.switch(allow_missing=True).lacking == 1


def test_there_must_be_something_to_switch_to(stored: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="nothing to switch to"):
        stored.upgrades.switch()
    assert stored.upgrades.state() is None


def test_a_query_by_another_model_never_meets_the_vectors(stored: Catalogue) -> None:
    """Nor by the same model with other preprocessing, however alike its vectors."""
    other = load_embedder("lite0-fp32", threads=1)
    assert other.manifest.dimension == stored.gallery.dimension
    with pytest.raises(SpaceError, match=f"holds vectors of space {stored.space}"):
        Searcher(stored.records, stored.gallery, other)
    manifest = stored.embedder.manifest
    prepared = dataclasses.replace(manifest.preprocessing, crop_share=1.0)
    assert dataclasses.replace(manifest, preprocessing=prepared).space != manifest.space


def test_it_goes_on_where_it_was_killed(catalogue: Catalogue, blind: Path, shop: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "shelflens", "upgrade", str(catalogue.directory), "--model", str(blind)]
    process = subprocess.Popen([*words, "--pictures", str(shop / "p3"), "--quiet"])
    while catalogue.upgrades.state() is None and process.poll() is None:
        pass
    process.kill()
    process.wait()
    state = catalogue.upgrades.state()
    assert state is not None and not state.switched
    left = state.lacking
    assert catalogue.upgrades.run(str(blind), pictures=shop / "p3").embedded == left
    assert catalogue.upgrades.switch().switched


def test_the_command_says_where_it_stands_and_the_page_shows_what_differs(
    catalogue: Catalogue, blind: Path, shop: Path, queries: Path, tmp_path: Path
) -> None:
    path = catalogue.directory
    assert "No upgrade is under way" in command("upgrade", path).stdout
    words = ("--model", blind, "--quiet")
    said = command("upgrade", path, *words, "--pictures", shop, "--report", tmp_path / "shadow").stdout
    assert "queries (shop) find the same product first" in said
    assert "--switch" in said
    page = (tmp_path / "shadow" / "index.html").read_text()
    found = json.loads((tmp_path / "shadow" / "promotion.json").read_text())
    assert (found["comparison"], found["agreement"]["queries"]) == (None, 24)
    assert page.count('class="panel case"') == min(16, found["agreement"]["differing"]) > 0
    assert "Answered differently" in page and "Right only now" not in page

    both = json.loads(command("upgrade", path, *words, "--queries", queries, "--switch", "--json").stdout)
    assert both["switched"] and both["comparison"]["queries"] == both["agreement"]["queries"] == 8
    assert json.loads(command("upgrade", path, "--json").stdout)["switched"]
    assert "searches use lite0 again" in command("upgrade", path, "--rollback").stdout
    assert f"{OLD} -> onnx:" in command("upgrade", path).stdout
    assert "searches use lite0. Until this is over, new photos" in command("info", path).stdout
    assert "16 vectors of onnx:" in command("upgrade", path, "--drop-old").stdout
    assert "give one of" in command("upgrade", path, "--switch", "--rollback", code=2).stderr


def test_a_labelled_page_shows_what_is_won_lost_and_merely_different(
    catalogue: Catalogue, blind: Path, queries: Path, tmp_path: Path
) -> None:
    found = catalogue.upgrades.run(str(blind), queries=queries)
    assert found.comparison is not None and found.agreement is not None
    told = {one.new.photo.source for one in (*found.comparison.won, *found.comparison.lost)}
    assert told <= {one.new.photo.source for one in found.agreement.differing}
    page = write_report(found, tmp_path, read=catalogue.view, photo_jpeg=lambda _photo: b"").read_text()
    assert page.count('class="panel case"') == len(found.agreement.differing)

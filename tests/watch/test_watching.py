"""A real film through the real parts, from the file to what is said about it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.alert.conftest import wait_for
from tests.filmed import Filmed

from shelflens.cli.main import main
from shelflens.demo.film import Truth
from shelflens.verify.loading import load_verifier
from shelflens.video import Frame, read_frames, source
from shelflens.watch.events import Happening, Rules
from shelflens.watch.sighting import overlap
from shelflens.watch.spotting import Effort, Spotter
from shelflens.watch.watcher import Watcher
from shelflens.watch.watchlist import Watchlist

pytest.importorskip("cv2", reason="local features need OpenCV: pip install 'shelflens[evidence]'")


def run(*arguments: object) -> Result:
    ran = CliRunner().invoke(main, [*map(str, arguments)])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran


@pytest.fixture(scope="module")
def told(filmed: Filmed, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, object]], Path]:
    """What `watch --json` prints, and the file that it alerts to."""
    folder = tmp_path_factory.mktemp("told")
    lines = folder / "alerts.jsonl"
    ran = run(
        "watch", filmed.video, "--items", filmed.pictures, "--json",
        "--alert", f"lines:{lines}", "--outbox", folder / "alerts.db",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    assert "45 frames looked at, 0 dropped" in ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()], lines


def test_everything_on_the_list_is_seen_and_nothing_else(
    filmed: Filmed, told: tuple[list[dict[str, object]], Path]
) -> None:
    appeared = [one for one in told[0] if one["happening"] == "appeared"]
    assert sorted(str(one["product_id"]) for one in appeared) == sorted([filmed.standing, filmed.taken, filmed.passing])


def test_a_product_that_is_carried_past_is_one_event_in_the_right_place_and_time(
    filmed: Filmed, told: tuple[list[dict[str, object]], Path]
) -> None:
    (truth,) = [shown for shown in filmed.truth.shown if shown.product_id == filmed.passing]
    (event,) = [one for one in told[0] if one["happening"] == "ended" and one["product_id"] == filmed.passing]
    (alarm,) = [one for one in told[0] if one["happening"] == "appeared" and one["product_id"] == filmed.passing]
    assert float(str(alarm["at"])) - truth.start < 1.5
    assert float(str(event["end"])) == pytest.approx(truth.end, abs=1.0)


def test_what_is_taken_from_the_shelf_is_missing_and_what_stands_is_not(
    filmed: Filmed, told: tuple[list[dict[str, object]], Path]
) -> None:
    (missing,) = [one for one in told[0] if one["happening"] == "missing"]
    assert missing["product_id"] == filmed.taken
    assert 0 <= float(str(missing["at"])) - filmed.truth.taken[0].at <= 4


def test_every_alarm_is_delivered_with_its_frame_and_the_products_picture(
    told: tuple[list[dict[str, object]], Path],
) -> None:
    said, lines = told
    alerts = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [one["id"] for one in alerts] == [one["id"] for one in said if one["happening"] != "ended" and one["told"]]
    for one in alerts:
        assert Path(one["frame"]).read_bytes()[:2] == Path(one["product"]).read_bytes()[:2] == b"\xff\xd8"


def test_after_kill_9_the_next_run_tells_what_is_left_and_nothing_twice_unmarked(
    filmed: Filmed, told: tuple[list[dict[str, object]], Path], tmp_path: Path
) -> None:
    lines = tmp_path / "alerts.jsonl"
    arguments = [
        "watch", str(filmed.video), "--items", str(filmed.pictures), "--json", "--alert", f"lines:{lines}",
        "--outbox", str(tmp_path / "alerts.db"),
    ]  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "shelflens", *arguments], stdout=subprocess.DEVNULL)
    wait_for(lambda: lines.exists() and lines.stat().st_size > 0, 120)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    killed_after = len(lines.read_text().splitlines())
    assert run(*arguments).exit_code == 0
    alerts = [json.loads(line) for line in lines.read_text().splitlines()]
    expected = [one["id"] for one in told[0] if one["told"]]
    assert 0 < killed_after < len(expected)
    assert {one["id"] for one in alerts} == set(expected)
    assert len(alerts) <= len(expected) + 1  # what was under way; the film is the same, and so are its alerts
    unmarked = [one["id"] for one in alerts if not one["repeat"]]
    assert len(unmarked) == len(set(unmarked))


def test_the_page_of_a_video_names_every_product_and_loads_nothing(filmed: Filmed, tmp_path: Path) -> None:
    ran = run(
        "find-in-video", filmed.pictures, filmed.video, "--page", tmp_path / "page.html", "--every", 0.4, "--json"
    )
    said = json.loads(ran.stdout)
    page = (tmp_path / "page.html").read_text()
    assert {one["product_id"] for one in said["appearances"]} == {filmed.standing, filmed.taken, filmed.passing}
    assert all(product in page for product in (filmed.standing, filmed.taken, filmed.passing))
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_a_picture_at_rest_is_looked_at_once(filmed: Filmed, listed: object) -> None:
    from shelflens.assemble import Catalogue

    assert isinstance(listed, Catalogue)
    frame = next(read_frames(source(str(filmed.video)), per_second=5))
    spotter = Spotter(Watchlist(listed.searcher, listed.reader, load_verifier("local")), effort=Effort(burst=20))
    watcher = Watcher("still", spotter, rules=Rules(threshold=15.0))
    looked = []
    for number in range(40):
        before = spotter.regions
        watcher.see(Frame(number / 5, frame.image))
        looked.append(spotter.regions - before)
    assert looked[0] <= 2 * 24 and max(looked[1:]) <= 2 * 4  # what is found is looked at again by itself
    assert sum(looked[-5:]) == 0


def test_what_is_seen_is_where_the_film_says(filmed: Filmed, listed: object) -> None:
    from shelflens.assemble import Catalogue

    assert isinstance(listed, Catalogue)
    truth = Truth.from_json(filmed.video.with_suffix(".json").read_text())
    assert truth == filmed.truth
    spotter = Spotter(Watchlist(listed.searcher, listed.reader, load_verifier("local")))
    watcher = Watcher("film", spotter)
    found = []
    for frame in read_frames(source(str(filmed.video)), per_second=5):
        if frame.at > 3:
            break
        found += watcher.see(frame)
    found += watcher.finish()
    for shown in truth.shown:
        if shown.stands and shown.product_id != filmed.stranger:
            (one,) = [
                occurrence.event.appearance
                for occurrence in found
                if occurrence.event.happening is Happening.ENDED
                and occurrence.event.appearance.product_id == shown.product_id
            ]
            box = type(one.box)(shown.left, shown.top, shown.right, shown.bottom)
            assert overlap(one.box, box) > 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.mp4", "--items", "."], "no such video"),
        (["{video}", "--items", "{video}"], "film.mp4"),
        (["{video}", "--items", "{pictures}", "--alert", "tell:me"], "no alert like"),
        (["{video}", "--items", "{pictures}", "--alert", "webhook:https://shop.example/"], "SHELFLENS_WEBHOOK_SECRET"),
        (["{video}", "--items", "{pictures}", "--detector", "whole"], "detector:PATH"),
    ],
)
def test_what_is_off_is_said_in_one_line(arguments: list[str], message: str, filmed: Filmed, tmp_path: Path) -> None:
    filled = [one.format(video=filmed.video, pictures=filmed.pictures) for one in arguments]
    ran = run("watch", *filled, "--outbox", tmp_path / "alerts.db")
    assert ran.exit_code == 1 and message in ran.stderr

"""Nothing is lost, and nothing arrives twice without saying so."""

from __future__ import annotations

import hmac
import json
import os
import signal
import stat
import subprocess
import sys
import time
import tracemalloc
from base64 import b64decode, b64encode
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.alert.conftest import SECRET, alert, mail_server, wait_for, web_server

from shelflens.alert import Courier, Delivery, Outbox, SinkSettings, open_sink
from shelflens.alert.command import Command
from shelflens.alert.lines import Lines
from shelflens.alert.mail import Mail
from shelflens.alert.webhook import Webhook
from shelflens.errors import AlertError
from shelflens.picture import FetchPolicy

HERE = FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"}))


def test_an_alert_is_kept_once_however_often_it_is_found(outbox: Outbox) -> None:
    assert outbox.keep(alert(), ["a", "b"], now=1.0)
    assert not outbox.keep(alert(), ["a", "b"], now=2.0)
    assert outbox.waiting("a") == outbox.waiting("b") == 1
    delivery = outbox.begin("a")
    assert delivery == Delivery(alert(), 1) and not delivery.repeat
    outbox.delivered(delivery.alert.alert_id, "a", now=3.0)
    assert outbox.begin("a") is None and outbox.waiting("b") == 1


def test_a_try_that_was_begun_makes_the_next_one_a_repeat(outbox: Outbox, tmp_path: Path) -> None:
    outbox.keep(alert(), ["a"], now=1.0)
    outbox.begin("a")  # and the process dies here
    again = Outbox(tmp_path / "alerts.db")
    delivery = again.begin("a")
    again.close()
    assert delivery and delivery.attempt == 2 and delivery.repeat


def test_the_cool_down_outlives_a_restart(outbox: Outbox, tmp_path: Path) -> None:
    outbox.keep(alert(), [], now=100.0)
    again = Outbox(tmp_path / "alerts.db")
    assert again.told_since("door", "tea-0", "appeared", since=70.0)
    assert not again.told_since("door", "tea-0", "appeared", since=101.0)
    assert not again.told_since("door", "tea-0", "missing", since=70.0)
    again.close()


def test_what_was_kept_can_be_listed_from_either_end_and_its_pictures_had(outbox: Outbox) -> None:
    for number in range(5):
        outbox.keep(alert(number), [], now=float(number))
    newest = outbox.newest()
    assert [found.product_id for _, found in outbox.before(None, limit=2)] == ["tea-4", "tea-3"]
    earlier = outbox.before(newest - 1, limit=10)
    assert [found.product_id for _, found in earlier] == ["tea-2", "tea-1", "tea-0"]
    assert [found for _, found in outbox.after(newest - 2, limit=10)] == [
        replace(alert(number), frame=b"", picture=b"") for number in (3, 4)
    ]
    assert outbox.after(newest, limit=10) == []
    assert outbox.pictures(newest) == (alert().frame, alert().picture) and outbox.pictures(newest + 1) is None


def test_only_so_many_are_kept_but_none_that_waits_is_lost(outbox: Outbox) -> None:
    outbox.keep(alert(0), ["a"], now=0.0)
    for number in range(1, 6):
        outbox.keep(alert(number), [], now=100.0)
    outbox.forget(50.0, most=2)
    assert [found.product_id for _, found in outbox.before(None, limit=10)] == ["tea-5", "tea-4", "tea-0"]


def test_pictures_are_forgotten_in_time_and_what_waits_is_told_all_the_same(outbox: Outbox, tmp_path: Path) -> None:
    for number in (0, 1):
        outbox.keep(alert(number), ["a"], now=100.0)
    delivery = outbox.begin("a")
    assert delivery
    outbox.delivered(delivery.alert.alert_id, "a", now=101.0)
    outbox.forget(200.0)
    waiting = outbox.begin("a")
    assert waiting and waiting.alert.product_id == "tea-1" and waiting.alert.frame == b""
    assert all(b"\xff\xd8 frame" not in file.read_bytes() for file in tmp_path.glob("alerts.db*"))


def test_a_webhook_is_signed_over_id_time_and_body() -> None:
    with web_server() as server:
        sink = Webhook(server.address, secret=SECRET, policy=HERE)
        sink.deliver(Delivery(alert(), 1))
    ((headers, body),) = server.requests
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(SECRET.removeprefix("whsec_"))
    assert headers["webhook-signature"] == "v1," + b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    said = json.loads(body)
    assert said["product_id"] == "tea-0" and said["box"] == [0.1, 0.2, 0.3, 0.5] and not said["repeat"]
    assert b64decode(said["frame_jpeg"]) == b"\xff\xd8 frame" and b64decode(said["product_jpeg"])
    assert "geheim" not in sink.name


def test_a_webhook_reaches_nothing_private_that_was_not_allowed() -> None:
    with web_server() as server:
        sink = Webhook(server.address, secret=SECRET, policy=FetchPolicy())
        with pytest.raises(AlertError, match="not on the public internet"):
            sink.deliver(Delivery(alert(), 1))
    assert not server.requests


@pytest.mark.parametrize("text", ["webhook:https://shop.example", "webhook:ftp://x/", "tell:me", "lines:", "mail:a@b"])
def test_what_cannot_be_delivered_is_refused_at_once(text: str) -> None:
    with pytest.raises(AlertError):
        open_sink(text, SinkSettings())


def test_a_webhook_that_was_down_gets_all_in_order_and_marked(outbox: Outbox) -> None:
    for number in range(3):
        outbox.keep(alert(number), ["webhook:http://127.0.0.1/"], now=1.0)
    with web_server() as server:
        sink = Webhook(server.address, secret=SECRET, policy=HERE)
        for number in range(3):
            outbox.keep(alert(10 + number), [sink.name], now=1.0)
        server.statuses = [503, 500]
        troubles: list[str] = []
        courier = Courier(
            outbox, [sink], retention=1e9, first_wait=0.02, on_trouble=lambda _, trouble: troubles.append(trouble)
        )
        courier.start()
        wait_for(lambda: len(server.requests) == 3)
        assert courier.stop(patience=5) == 0
    assert [said["product_id"] for said in server.said()] == ["tea-10", "tea-11", "tea-12"]
    assert [said["attempt"] for said in server.said()] == [3, 1, 1]
    assert [said["repeat"] for said in server.said()] == [True, False, False]
    assert len(troubles) == 2 and "503" in troubles[0]


def test_ten_minutes_without_an_answer_lose_nothing_and_take_no_memory(outbox: Outbox) -> None:
    """500 times as fast: the waits of the first ten minutes, in 1.2 s. What waits lies on the disk."""
    with web_server() as server:
        address = server.address
    sink = Webhook(address, secret=SECRET, policy=HERE)  # nobody is there any more
    troubles: list[str] = []
    courier = Courier(
        outbox, [sink], retention=1e9, first_wait=1 / 500, on_trouble=lambda _, trouble: troubles.append(trouble)
    )
    courier.start()
    began, kept = time.monotonic(), 0
    tracemalloc.start()
    while time.monotonic() - began < 600 / 500 or kept < 60:
        outbox.keep(replace(alert(kept), frame=os.urandom(100_000)), [sink.name], now=float(kept))
        kept += 1
        courier.wake()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 3e6 < kept * 100_000
    tries = len(troubles)
    with web_server(urlsplit(address).port or 0) as server:
        wait_for(lambda: len(server.requests) == kept)
        assert courier.stop(patience=5) == 0
        said = server.said()
    assert [one["product_id"] for one in said] == [f"tea-{number}" for number in range(kept)]
    assert said[0]["repeat"] and said[0]["attempt"] > 5 and tries < 15  # patient, not busy
    assert not any(one["repeat"] for one in said[1:])


def test_one_sink_that_is_down_holds_up_no_other(outbox: Outbox, tmp_path: Path) -> None:
    down = Webhook("http://127.0.0.1:9/", secret=SECRET, policy=HERE)
    lines = Lines(tmp_path / "alerts.jsonl")
    outbox.keep(alert(), [down.name, lines.name], now=time.time())
    courier = Courier(outbox, [down, lines], retention=1e9, first_wait=30)
    courier.start()
    wait_for(lambda: outbox.waiting(lines.name) == 0)
    assert courier.stop(patience=0.1) == 1
    (line,) = (tmp_path / "alerts.jsonl").read_text().splitlines()
    assert Path(json.loads(line)["frame"]).read_bytes() == b"\xff\xd8 frame"


def test_after_kill_9_every_alert_arrives_once_or_marked_as_a_repeat(tmp_path: Path) -> None:
    """Killed again and again in the middle of deliveries."""
    outbox = Outbox(tmp_path / "alerts.db")
    alerts = 30
    with web_server() as server:
        name = Webhook(server.address, secret=SECRET, policy=HERE).name
        for number in range(alerts):
            outbox.keep(alert(number), [name], now=time.time())
        for kill in range(3):
            program = [sys.executable, str(Path(__file__).with_name("killed.py"))]
            process = subprocess.Popen([*program, str(tmp_path / "alerts.db"), server.address, SECRET])
            wait_for(lambda kill=kill: len(server.requests) >= 7 * (kill + 1), 60)  # type: ignore[misc]
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        courier = Courier(outbox, [Webhook(server.address, secret=SECRET, policy=HERE)], retention=1e9)
        courier.start()
        wait_for(lambda: outbox.waiting(name) == 0, 60)
        courier.stop()
    outbox.close()
    assert {said["product_id"] for said in server.said()} == {f"tea-{number}" for number in range(alerts)}
    unmarked = [said["product_id"] for said in server.said() if not said["repeat"]]
    assert len(unmarked) == len(set(unmarked))


def test_a_line_that_a_crash_has_cut_short_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"id": "half')
    Lines(path).deliver(Delivery(alert(), 2))
    half, whole = path.read_text().splitlines()
    assert half == '{"id": "half' and json.loads(whole)["repeat"]


def test_pictures_beside_the_lines_are_forgotten_in_time(tmp_path: Path) -> None:
    sink = Lines(tmp_path / "alerts.jsonl")
    sink.deliver(Delivery(alert(), 1))
    sink.forget(time.time() - 100)
    assert len(list(tmp_path.glob("*/*.jpg"))) == 2
    sink.forget(time.time() + 100)
    assert not list(tmp_path.glob("*/*.jpg"))


def test_mail_says_what_is_seen_and_shows_it() -> None:
    with mail_server() as (port, messages):
        sink = Mail("guard@shop.example", server=f"smtp://127.0.0.1:{port}", sender="watch@shop.example")
        sink.deliver(Delivery(alert(), 1))
        sink.deliver(Delivery(alert(), 2))
    first, second = (message_from_bytes(message, policy=default) for message in messages)
    assert "Green tea 0 is in view" in first["Subject"] and second["Subject"].startswith("[repeat]")
    assert first["Message-ID"] == second["Message-ID"]
    assert [part.get_filename() for part in first.walk() if part.get_filename()] == ["frame.jpg", "product.jpg"]


def test_a_password_is_never_sent_in_the_clear() -> None:
    with mail_server() as (port, messages):
        sink = Mail("guard@shop.example", server=f"smtp://me:secret@127.0.0.1:{port}", sender="watch@shop.example")
        with pytest.raises(AlertError, match="in the clear"):
            sink.deliver(Delivery(alert(), 1))
    assert not messages


def test_a_command_gets_the_alert_and_says_whether_it_took_it(tmp_path: Path) -> None:
    program = tmp_path / "tell me.sh"
    program.write_text(f"#!/bin/sh\ncat > '{tmp_path}/told'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    Command(f"'{program}'").deliver(Delivery(alert(), 1))
    assert json.loads((tmp_path / "told").read_bytes())["product_id"] == "tea-0"
    with pytest.raises(AlertError, match="ended with 1"):
        Command("false").deliver(Delivery(alert(), 1))
    with pytest.raises(AlertError, match="did not run"):
        Command("/no/such/program").deliver(Delivery(alert(), 1))

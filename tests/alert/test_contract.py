"""What holds for every kind of alert, whoever takes it in the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from tests.alert.conftest import SECRET, alert, mail_server, web_server

from shelflens import plug
from shelflens.alert import Delivery, Sink, SinkSettings, open_sink
from shelflens.errors import AlertError
from shelflens.picture import FetchPolicy

NOBODY = "127.0.0.1:9"  # the port that nobody listens at


@dataclass(frozen=True)
class Way:
    """A sink, who takes what it delivers, and the same sink with nobody there."""

    text: str
    settings: SinkSettings
    taken: Callable[[], list[str]]  # of each delivery all that arrived, as text
    dead: str
    dead_settings: SinkSettings


def lines(folder: Path, _open: ExitStack, settings: SinkSettings) -> Way:
    path, file = folder / "alerts.jsonl", folder / "no-folder"
    file.touch()
    return Way(f"lines:{path}", settings, lambda: path.read_text().splitlines(), f"lines:{file}/a.jsonl", settings)


def webhook(_folder: Path, open_: ExitStack, settings: SinkSettings) -> Way:
    server = open_.enter_context(web_server())
    dead = f"webhook:http://{NOBODY}/"
    return Way(
        f"webhook:{server.address}", settings, lambda: [one.decode() for _, one in server.requests], dead, settings
    )


def mail(_folder: Path, open_: ExitStack, settings: SinkSettings) -> Way:
    port, messages = open_.enter_context(mail_server())

    def read() -> list[str]:
        found = []
        for message in messages:
            parsed = message_from_bytes(message, policy=default)
            body = parsed.get_body()
            assert body
            found.append(f"{parsed['Subject']} {body.get_content()}")
        return found

    here, nowhere = (replace(settings, smtp=f"smtp://{place}") for place in (f"127.0.0.1:{port}", NOBODY))
    return Way("mail:guard@shop.example", here, read, "mail:guard@shop.example", nowhere)


def command(folder: Path, _open: ExitStack, settings: SinkSettings) -> Way:
    told = folder / "told"
    keeper = folder / "keep.py"
    keeper.write_text(f"import sys\nwith open({str(told)!r}, 'a') as file:\n    print(sys.stdin.read(), file=file)\n")
    text = f"command:{sys.executable} {keeper}"
    return Way(text, settings, lambda: told.read_text().splitlines(), "command:/no/such/program", settings)


WAYS: dict[str, Callable[[Path, ExitStack, SinkSettings], Way]] = {
    "command": command,
    "lines": lines,
    "mail": mail,
    "webhook": webhook,
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    settings = SinkSettings(FetchPolicy(allowed_hosts=frozenset({"127.0.0.1"})), SECRET)
    with ExitStack() as stack:
        yield WAYS[request.param](tmp_path, stack, settings)


def test_every_kind_is_held_to_the_contract() -> None:
    assert set(WAYS) == set(plug.BUILT_IN["alerts"])


def test_what_is_delivered_says_what_where_and_whether_it_is_a_repeat(way: Way) -> None:
    sink = open_sink(way.text, way.settings)
    sink.deliver(Delivery(alert(), 1))
    sink.deliver(Delivery(alert(1, happening="missing"), 2))
    first, second = way.taken()
    assert "tea-0" in first and "appeared" in first and "door" in first
    assert "tea-1" in second and "missing" in second and "epeat" in second
    assert alert().alert_id in first and alert(1, happening="missing").alert_id in second


def test_words_from_outside_stay_words(way: Way) -> None:
    """A title with line ends, quotes and a shell's signs makes neither a header, nor a line, nor a command."""
    title = 'Tea "$(touch owned)"; `id`\r\nBcc: eve@elsewhere.example\n{"id": 1}'
    sink = open_sink(way.text, way.settings)
    sink.deliver(Delivery(replace(alert(), title=title), 1))
    (said,) = way.taken()
    assert "eve@elsewhere.example" in said


def test_one_that_nobody_takes_is_an_alert_error_and_the_sink_can_be_used_again(way: Way) -> None:
    sink = open_sink(way.dead, way.dead_settings)
    for _ in range(2):
        with pytest.raises(AlertError):
            sink.deliver(Delivery(alert(), 1))


def test_the_name_is_the_same_each_time_and_tells_no_secret(way: Way) -> None:
    """Deliveries that wait are found by it after a restart."""
    one, other = (open_sink(way.text, way.settings) for _ in range(2))
    assert one.name == other.name and one.name
    assert "geheim" not in one.name and SECRET not in one.name


def test_forgetting_what_is_not_there_is_no_mistake(way: Way) -> None:
    open_sink(way.text, way.settings).forget(0.0)


def test_a_package_adds_a_kind_with_an_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pager.py").write_text(
        "import json\n"
        "from pathlib import Path\n"
        "class Pager:\n"
        "    def __init__(self, place): self.name, self._place = f'pager:{place}', place\n"
        "    def deliver(self, delivery): Path(self._place).write_text(delivery.alert.product_id)\n"
        "    def forget(self, before): pass\n"
        "def from_place(place, settings): return Pager(place)\n"
    )
    described = tmp_path / "pager-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: pager\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[shelflens.alerts]\npager = pager:from_place\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    sink: Sink = open_sink(f"pager:{tmp_path}/told", SinkSettings())
    sink.deliver(Delivery(alert(), 1))
    assert (tmp_path / "told").read_text() == "tea-0"
    with pytest.raises(AlertError, match="pager:WHERE"):
        open_sink("pidgeon:loft", SinkSettings())

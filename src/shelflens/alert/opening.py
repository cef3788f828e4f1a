"""From what a person writes to a sink.

A package adds a kind with an entry point of the group `shelflens.alerts`, named as it is written before the colon: a
function of what stands after the colon and the `SinkSettings`, which returns a `Sink` or raises AlertError.
"""

from __future__ import annotations

from shelflens.alert.base import Sink
from shelflens.alert.settings import SinkSettings
from shelflens.errors import AlertError
from shelflens.plug import find, names


def open_sink(text: str, settings: SinkSettings) -> Sink:
    """`lines:alerts.jsonl`, `webhook:https://...`, `mail:guard@shop.example`, `command:./tell.sh`. AlertError."""
    kind, colon, place = text.partition(":")
    kinds = names("alerts")
    if kind not in kinds or not (colon and place):
        raise AlertError(f"no alert like {text!r}; there is {', '.join(f'{one}:WHERE' for one in kinds)}")
    sink: Sink = find("alerts", kind)(place, settings)
    return sink

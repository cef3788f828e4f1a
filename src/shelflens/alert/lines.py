"""Alerts as lines of JSON in a file, their pictures beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

from shelflens.alert.base import Delivery, facts
from shelflens.alert.settings import SinkSettings
from shelflens.errors import AlertError


class Lines:
    """A Sink. `alerts.jsonl` gets a line each; `alerts.jsonl.pictures/` the frames and the products' pictures."""

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise AlertError(f"{path}: a folder; lines:alerts.jsonl names a file")
        self._path = path
        self._pictures = path.with_name(path.name + ".pictures")

    @property
    def name(self) -> str:
        return f"lines:{self._path.resolve()}"

    def deliver(self, delivery: Delivery) -> None:
        alert = delivery.alert
        said = facts(delivery)
        try:
            self._pictures.mkdir(parents=True, exist_ok=True)
            for kind, jpeg in (("frame", alert.frame), ("product", alert.picture)):
                place = self._pictures / f"{alert.alert_id}-{kind}.jpg"
                if jpeg:
                    place.write_bytes(jpeg)
                said[kind] = str(place) if jpeg else None
            with self._path.open("ab+") as file:
                # A line that a crash has cut short ends here; it was never counted as delivered.
                if file.seek(0, os.SEEK_END):
                    file.seek(-1, os.SEEK_END)
                    if file.read(1) != b"\n":
                        file.write(b"\n")
                file.write(json.dumps(said, ensure_ascii=False).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AlertError(f"{self._path}: cannot be written ({error.strerror})") from None

    def forget(self, before: float) -> None:
        for picture in self._pictures.glob("*.jpg"):
            if picture.stat().st_mtime < before:
                picture.unlink(missing_ok=True)


def from_place(path: str, _settings: SinkSettings) -> Lines:
    """`lines:alerts.jsonl`."""
    return Lines(Path(path))

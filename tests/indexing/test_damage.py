"""Two thousand damaged files fed to `index`."""

from __future__ import annotations

from pathlib import Path

from tests.damage import damaged_files

import shelflens
from shelflens.feed.base import BadRow

FILES = 2000


def test_every_damaged_file_is_reported_or_readable_and_nothing_crashes(tmp_path: Path) -> None:
    files = damaged_files(tmp_path / "photos", FILES, seed=5)
    assert len(files) == FILES
    table = tmp_path / "all.csv"  # a table: a folder would leave out what is plainly no picture by its name
    table.write_text("\n".join(["product_id,photo", *(f"p{n},{file.path}" for n, file in enumerate(files))]))
    bad: list[BadRow] = []
    with shelflens.open(tmp_path / "c.lens", create=True) as catalogue:
        report = catalogue.index(table, on_bad=bad.append)
        reported = {int(row.product_id[1:]) for row in bad}
        kept = {n for n in range(FILES) if catalogue.records.photos_of(f"p{n}")}
    assert report.bad == len(bad) == len(reported)
    assert all(row.reason for row in bad)
    assert reported | kept == set(range(FILES)) and not reported & kept
    assert {n for n, file in enumerate(files) if file.unreadable} <= reported
    assert len(reported) > FILES / 2

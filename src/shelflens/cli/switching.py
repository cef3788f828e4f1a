"""What `promote` and `upgrade` say and do alike: the comparison, the way back, the end of what is not used."""

from __future__ import annotations

from pathlib import Path

import click

from shelflens.assemble import Catalogue
from shelflens.cli.index import BadRowFile
from shelflens.cli.output import print_json
from shelflens.feed.base import BadRow
from shelflens.promotion import Promotion, dropped_json, rollback_json


class BadRows:
    """Counted, and listed in a file as `index` does."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, 0
        self._file: BadRowFile | None = None

    def write(self, row: BadRow) -> None:
        self._file = self._file or BadRowFile(self.path)
        self._file.write(row)
        self.rows += 1


def roll_back(opened: Catalogue, *, as_json: bool) -> None:
    back = opened.roll_back()
    if as_json:
        print_json(rollback_json(back))
        return
    click.echo(f"{opened.path}: searches use {back.active.name} again (space {back.active.space})")
    if back.lacking:
        click.echo(
            f"{back.lacking} photos, indexed since, have no vector of it, and searches do not find these. "
            f"Embed them: shelflens promote {opened.path} --fill"
        )


def drop_others(opened: Catalogue, *, as_json: bool) -> None:
    dropped = opened.drop_others()
    if as_json:
        print_json(dropped_json(dropped))
        return
    for one in dropped:
        click.echo(f"{one.vectors} vectors of {one.model.name} forgotten (space {one.model.space})")
    if not dropped:
        click.echo("There are no vectors but those in use.")


def print_comparison(promotion: Promotion, report: Path | None) -> None:
    comparison, agreement = promotion.comparison, promotion.agreement
    if comparison:
        click.echo(f"{comparison.queries} queries ({comparison.data}) of {comparison.products} products:")
        for one in comparison.differences:
            change = f"{one.change:+.3f} (95 %: {one.low:+.3f} to {one.high:+.3f})"
            click.echo(f"{one.metric:>10}  {one.old:.3f} -> {one.new:.3f}  {change}")
        click.echo(f"{len(comparison.won)} queries are right only now, {len(comparison.lost)} were right only before")
    if agreement:
        click.echo(
            f"{agreement.same_first:.1%} of {agreement.queries} queries ({agreement.data}) find the same product "
            f"first; of the first ten products {agreement.shared:.1%} are the same"
        )
    if promotion.calibration:
        click.echo(f"calibration: {promotion.calibration}")
    if report and (comparison or agreement):
        click.echo(f"The report is {report / 'index.html'}")

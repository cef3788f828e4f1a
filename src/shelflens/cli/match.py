"""`shelflens match`: do these two show the same product?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shelflens.assemble import DEFAULT_MODEL, Catalogue, open_catalogue
from shelflens.calibrate.pairs import EVEN
from shelflens.cli.options import CatalogueType, json_option
from shelflens.cli.output import plain, print_json
from shelflens.cli.remote import compared, remote, server_options
from shelflens.cli.searching import photo_of
from shelflens.embed.base import Embedder
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError
from shelflens.explain import DOWN_TO, Subject, catalogue_photo, write_explanations
from shelflens.picture import decode_side
from shelflens.records.address import Location
from shelflens.search import Verification, View, open_view
from shelflens.search.pair import Comparison, compare_product, compare_views, verifiers_named
from shelflens.types import Match
from shelflens.verify.loading import kind_of

if TYPE_CHECKING:
    from shelflens.client import RemoteCatalogue


@click.command("match")
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="[B]", required=False, type=click.Path(path_type=Path))
@click.option("--catalogue", type=CatalogueType(), help="Compare with its model, evidence and calibration.")
@click.option("--product", metavar="ID", help="A product of the catalogue, instead of B.")
@click.option("--evidence", help="Look at these only, as in local,barcode; otherwise at all that there is.")
@click.option(
    "--prior",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help=f"How likely two pictures show one product before looking; {EVEN} unless you know better.",
)
@click.option("--page", type=click.Path(path_type=Path), help="Write a page that shows why there.")
@server_options
@json_option
def match(
    *,
    a: Path,
    b: Path | None,
    catalogue: Location | None,
    product: str | None,
    evidence: str | None,
    prior: float | None,
    page: Path | None,
    server: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Says how likely the pictures A and B show the same product, or A the --product of a --catalogue, and why."""
    if (b is None) == (product is None):
        raise click.UsageError("give a second picture B, or --catalogue C --product ID")
    if product is not None and catalogue is None:
        raise click.UsageError("--product needs the --catalogue that it is in")
    if product is not None and prior is not None:
        raise click.UsageError("--prior goes with two pictures; a --product is weighed against the others")
    names = [name.strip() for name in (evidence or "").split(",") if name.strip()]
    if server and catalogue is None:
        raise click.UsageError("--server needs the --catalogue there to compare with")
    if server and (names or prior is not None):
        raise click.UsageError("--evidence and --prior are the server's; they do not go with --server")
    embedder: Embedder | None
    if server:
        with remote(server, key, str(catalogue)) as there:
            subject, embedder = _there(there, a, b, product), None
            _write_page(page, a, subject, embedder)  # its photo is asked for
    elif catalogue is None:
        assert b is not None
        subject, embedder = _plain(a, b, names, prior=prior or EVEN)
    else:
        with open_catalogue(catalogue) as opened:
            embedder = opened.searcher.embedder
            verification = _verification(opened, names)
            subject = (
                _with_product(opened, verification, a, product)
                if product is not None
                else _with_picture(embedder, verification, a, b or a, prior=prior or EVEN)
            )
    if not server:
        _write_page(page, a, subject, embedder)
    if as_json:
        print_json(_json(subject.comparison))
        return
    _print_lines(subject.comparison)
    if page:
        click.echo(f"The page is {page}")


def _write_page(page: Path | None, a: Path, subject: Subject, embedder: Embedder | None) -> None:
    if page:
        write_explanations(page, "The same product?", [subject], embedder=embedder, lead=f"{a.name} · {subject.title}")


def _there(there: RemoteCatalogue, a: Path, b: Path | None, product: str | None) -> Subject:
    """With a server's catalogue."""
    found = there.match(a, product_id=product, other=b)
    one = open_view(a, side=DOWN_TO)
    if b is not None:
        other = open_view(b, side=DOWN_TO)
        return Subject(b.name, "", compared(found), one, lambda: other)
    assert found.product is not None
    photo = found.explanation.photo
    assert photo is not None
    known = found.product
    return Subject(
        known.title or known.product_id, known.product_id, compared(found), one, partial(photo_of, there, photo)
    )


def _plain(a: Path, b: Path, names: Sequence[str], *, prior: float) -> tuple[Subject, Embedder]:
    """With the models that come with shelflens."""
    embedder = load_embedder(DEFAULT_MODEL)
    verifiers, missing = verifiers_named(names)
    one, other = _view(a, embedder), _view(b, embedder)
    comparison = compare_views(one, other, embedder=embedder, verifiers=verifiers, prior=prior, strict=bool(names))
    comparison = replace(comparison, left_out=(*missing, *comparison.left_out))
    return Subject(b.name, "", comparison, one, lambda: other), embedder


def _with_picture(embedder: Embedder, verification: Verification, a: Path, b: Path, *, prior: float) -> Subject:
    """With the catalogue's model and evidence; what it says of its products is not said of two bare pictures."""
    one, other = _view(a, embedder), _view(b, embedder)
    comparison = compare_views(one, other, embedder=embedder, verifiers=verification.verifiers, prior=prior)
    return Subject(b.name, "", comparison, one, lambda: other)


def _with_product(opened: Catalogue, verification: Verification, a: Path, product: str) -> Subject:
    one = _view(a, opened.searcher.embedder)
    found = compare_product(opened.searcher, verification, one, product)
    return Subject(title(found.match), product, found.comparison, one, lambda: catalogue_photo(found.photo.source))


def title(match: Match) -> str:
    return match.product.title or match.product.product_id


def _view(path: Path, embedder: Embedder) -> View:
    return open_view(path, side=decode_side(embedder.manifest.preprocessing))


def _verification(opened: Catalogue, names: Sequence[str]) -> Verification:
    """The catalogue's, with those of its verifiers that are named. Raises CatalogueError where it has none of them."""
    verification = opened.verification
    if verification is None:
        raise CatalogueError(
            f"{opened.path}: no calibration fits {opened.info().model}; make one: shelflens calibrate {opened.path}"
        )
    kinds = {kind_of(name) for name in opened.evidence}
    for name in names:
        if name not in kinds:
            raise CatalogueError(f"{opened.path} has no evidence {name!r}; it has {', '.join(sorted(kinds)) or 'none'}")
    if not names:
        return verification
    return replace(verification, verifiers=tuple(one for one in verification.verifiers if one.name in names))


def _json(comparison: Comparison) -> dict[str, object]:
    explanation = comparison.explanation
    return {
        "probability": None if explanation is None else round(explanation.probability, 6),
        "band": comparison.band,
        "similarity": round(comparison.similarity, 6),
        "evidence": [{"name": one.name, "value": round(one.value, 6), "note": one.note} for one in comparison.evidence],
        "contributions": [
            {"name": one.name, "log_odds": round(one.log_odds, 6)}
            for one in (explanation.contributions if explanation else ())
        ],
        "texts": [
            {
                "evidence": name,
                "text": region.text,
                "fits": region.fits,
                "share": round(region.share, 4),
                "query": plain(region.query),
                "photo": plain(region.photo) if region.photo else None,
            }
            for name, regions in comparison.regions.items()
            for region in regions
        ],
        "left_out": [{"name": one.name, "reason": one.note} for one in comparison.left_out],
    }


def _print_lines(comparison: Comparison) -> None:
    if comparison.explanation:
        band = f" ({comparison.band})" if comparison.band else ""
        click.echo(f"Same product: {comparison.explanation.probability:.1%}{band}")
    else:
        click.echo("No probability: nothing was fitted to this model for two pictures; compare with a --product")
    click.echo(f"Similarity: {comparison.similarity:.3f}")
    for one in comparison.evidence[1:]:
        click.echo(f"  {one.name:12} {one.value:8.3f}  {one.note}")
    if comparison.explanation:
        click.echo("What moves it, in log-odds:")
        for part in comparison.explanation.contributions:
            click.echo(f"  {part.name:12} {part.log_odds:+8.2f}")
    for one in comparison.left_out:
        click.echo(f"Left out: {one.name} ({one.note})")

"""Explained matches to one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from shelflens.calibrate.fusion import Explanation
from shelflens.embed.base import Activating, Embedder, Locating
from shelflens.errors import PictureError
from shelflens.explain.drawing import BODY, FRAMES, Colour, colour_of, joined, outlined
from shelflens.explain.heat import contributions, in_place
from shelflens.locate.base import WHOLE
from shelflens.pages.explain import Bar, ExplainedPair, ExplainPage, FoundText, Key, Reason, explain_page
from shelflens.pages.writing import write_text
from shelflens.picture import cut, open_file, thumbnail
from shelflens.search.pair import Comparison
from shelflens.search.view import View
from shelflens.types import Box
from shelflens.verify.base import Region

SIDE = 900  # pixels of the joined picture on the page
HEAT_SIDE = 440
_NO_HEATS: tuple[bytes, ...] = ()
DOWN_TO = 360  # pixels of the short side that a catalogue photo is decoded at


@dataclass(frozen=True, slots=True)
class Subject:
    """Two pictures that were compared, under the names that the page gives them."""

    title: str
    subtitle: str
    comparison: Comparison
    query: View
    other: Callable[[], View]  # PictureError: its file is gone


def catalogue_photo(source: str) -> View:
    """A photo as it is shown. Raises PictureError when its file is gone or its source is no file."""
    return View.of(open_file(source, side=DOWN_TO).image)


def write_explanations(
    path: Path, title: str, subjects: Sequence[Subject], *, embedder: Embedder | None, lead: str = ""
) -> None:
    """Writes the page, whole or not at all. Without the embedder (it is a server's) it shows no body and no heat."""
    pairs = tuple(_pair(subject, embedder) for subject in subjects)
    write_text(path, explain_page(ExplainPage(title, lead, pairs)))


def _pair(subject: Subject, embedder: Embedder | None) -> ExplainedPair:
    comparison = subject.comparison
    try:
        views = (subject.query, subject.other())
    except PictureError:
        picture, body, heats = b"", "", _NO_HEATS
    else:
        bodies = [_body(view, embedder) if embedder else WHOLE for view in views]
        query, other = (
            outlined(view.scaled, box) if box != WHOLE else view.scaled for view, box in zip(views, bodies, strict=True)
        )
        picture = thumbnail(joined(query, other, comparison.lines, _regions(comparison)), side=SIDE, quality=82)
        body = _css(BODY) if bodies != [WHOLE, WHOLE] else ""
        heats = _heats(views, embedder) if embedder else _NO_HEATS
    return ExplainedPair(
        title=subject.title,
        subtitle=subject.subtitle,
        probability=comparison.probability,
        similarity=comparison.similarity,
        picture=picture,
        keys=tuple(
            Key(name, _css(colour_of(name)), count)
            for name, lines in comparison.lines.items()
            if (count := max(len(lines), len(comparison.regions.get(name, ()))))
        ),
        body=body,
        texts=tuple(
            FoundText(number, name, _css(colour_of(name)), region.text, region.fits, region.share, number <= FRAMES)
            for number, (name, region) in enumerate(_regions(comparison), 1)
        ),
        heats=heats,
        reasons=tuple(Reason(one.name, f"{one.value:.3g}", one.note) for one in comparison.evidence),
        missing=tuple(Reason(one.name, "", one.note) for one in comparison.left_out),
        bars=_bars(comparison.explanation),
    )


def _regions(comparison: Comparison) -> list[tuple[str, Region]]:
    """Numbers before words; each kind's most telling first."""
    found = [(name, region) for name, regions in comparison.regions.items() for region in regions]
    return sorted(found, key=lambda pair: pair[0] != "barcode")


def _css(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _body(view: View, embedder: Embedder) -> Box:
    """Of the view, where the main body was located; all of it where nothing was, or the user said where it is."""
    own = view.embedder(embedder)
    return own.locate(view.scaled).box if isinstance(own, Locating) else WHOLE


def _heats(views: tuple[View, View], embedder: Embedder) -> tuple[bytes, ...]:
    """Both pictures with the heat of their agreement; none where the embedder cannot tell."""
    made = []
    vectors = [view.embedder(embedder).embed([view.scaled])[0] for view in views]
    for view, vector in zip(views, reversed(vectors), strict=True):
        picture, own = view.scaled, view.embedder(embedder)
        seen, network = (own.seen(picture), own.inner) if isinstance(own, Locating) else (WHOLE, own)
        cells = network.activations(cut(picture, seen)) if isinstance(network, Activating) else None
        if cells is None:
            return ()
        share = min(1.0, HEAT_SIDE / max(picture.size))
        small = picture.resize((max(1, round(picture.width * share)), max(1, round(picture.height * share))))
        drawn = in_place(small, contributions(cells, vector), seen=seen, preprocessing=network.manifest.preprocessing)
        made.append(thumbnail(drawn, side=HEAT_SIDE))
    return tuple(made)


def _bars(explanation: Explanation | None) -> tuple[Bar, ...]:
    if explanation is None:
        return ()
    longest = max(max((abs(one.log_odds) for one in explanation.contributions), default=0.0), 1e-9)
    return tuple(Bar(one.name, one.log_odds, abs(one.log_odds) / longest) for one in explanation.contributions)

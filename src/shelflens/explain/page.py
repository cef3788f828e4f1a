"""Explained matches to one page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from shelflens.calibrate.fusion import Explanation
from shelflens.embed.base import Activating, Embedder
from shelflens.errors import PictureError
from shelflens.explain.drawing import FRAMES, Colour, colour_of, joined
from shelflens.explain.heat import contributions, overlaid
from shelflens.pages.explain import Bar, ExplainedPair, ExplainPage, FoundText, Key, Reason, explain_page
from shelflens.picture import fit, open_file, thumbnail
from shelflens.search.pair import Comparison
from shelflens.search.view import View
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
    path: Path, title: str, subjects: Sequence[Subject], *, embedder: Embedder, lead: str = ""
) -> None:
    """Writes the page, whole or not at all."""
    pairs = tuple(_pair(subject, embedder) for subject in subjects)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(explain_page(ExplainPage(title, lead, pairs)), encoding="utf-8")
    temporary.replace(path)


def _pair(subject: Subject, embedder: Embedder) -> ExplainedPair:
    comparison = subject.comparison
    query = subject.query.scaled
    try:
        other = subject.other().scaled
    except PictureError:
        picture, heats = b"", _NO_HEATS
    else:
        picture = thumbnail(joined(query, other, comparison.lines, _regions(comparison)), side=SIDE, quality=82)
        heats = _heats(query, other, embedder)
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


def _heats(query: Image.Image, other: Image.Image, embedder: Embedder) -> tuple[bytes, ...]:
    """Both pictures with the heat of their agreement; none where the embedder cannot tell."""
    if not isinstance(embedder, Activating):
        return ()
    made = []
    vectors = embedder.embed([query, other])
    preprocessing = embedder.manifest.preprocessing
    for picture, vector in ((query, vectors[1]), (other, vectors[0])):
        cells = embedder.activations(picture)
        if cells is None:
            return ()
        # A squashed picture's cells lie evenly over all of it; else what the model saw is shown.
        seen = picture if preprocessing.fit == "squash" else fit(picture, preprocessing)
        share = min(1.0, HEAT_SIDE / max(seen.size))
        small = seen.resize((max(1, round(seen.width * share)), max(1, round(seen.height * share))))
        made.append(thumbnail(overlaid(small, contributions(cells, vector)), side=HEAT_SIDE))
    return tuple(made)


def _bars(explanation: Explanation | None) -> tuple[Bar, ...]:
    if explanation is None:
        return ()
    longest = max(max((abs(one.log_odds) for one in explanation.contributions), default=0.0), 1e-9)
    return tuple(Bar(one.name, one.log_odds, abs(one.log_odds) / longest) for one in explanation.contributions)

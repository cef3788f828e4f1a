"""Frames and lines lie where the findings say."""

from __future__ import annotations

import numpy as np
from PIL import Image

from shelflens.explain.drawing import COLOURS, FRAMES, GAP, WIDTH, joined
from shelflens.types import Box
from shelflens.verify.base import Line, Region

HALF = (WIDTH - GAP) // 2
GREY = Image.new("RGB", (HALF, HALF), (128, 128, 128))


def like(picture: Image.Image, colour: tuple[int, int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(H, W): the pixels that have the colour, about."""
    found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    found = (np.abs(np.asarray(picture, np.int64) - colour) < 40).all(axis=-1)
    return found


def region(text: str = "MJÖLK", photo: Box | None = None, top: float = 0.4) -> Region:
    return Region(text, "mjölk", 1.0, Box(0.25, top, 0.75, top + 0.2), photo)


def test_a_word_is_framed_in_both_pictures_where_it_is() -> None:
    drawn = joined(GREY, GREY, {}, [("words", region(photo=Box(0.1, 0.7, 0.3, 0.9)))])
    orange = like(drawn, COLOURS["words"])
    here, there = orange[:, :HALF], orange[:, HALF + GAP :]
    for found, (left, top, right, bottom) in ((here, (0.25, 0.4, 0.75, 0.6)), (there, (0.1, 0.7, 0.3, 0.9))):
        rows = np.flatnonzero(found[:, int((left + right) / 2 * HALF)]) / HALF
        assert abs(rows.max() - bottom) < 0.02, "the lower edge; above the upper one there is the strip"
        columns = np.flatnonzero(found[int((top * 0.2 + bottom * 0.8) * HALF)]) / HALF
        assert abs(columns.max() - right) < 0.02 or found is here, "a line may leave the query's frame"
        assert np.abs(columns - left).min() < 0.02


def test_a_word_that_only_the_records_say_is_framed_in_the_query_alone() -> None:
    drawn = joined(GREY, GREY, {}, [("words", region())])
    orange = like(drawn, COLOURS["words"])
    assert orange[:, :HALF].any() and not orange[:, HALF:].any()


def test_barcodes_and_words_have_colours_of_their_own() -> None:
    drawn = joined(GREY, GREY, {}, [("barcode", region("7310865004703", top=0.1)), ("words", region(top=0.7))])
    barcode, words = like(drawn, COLOURS["barcode"]), like(drawn, COLOURS["words"])
    assert np.flatnonzero(barcode.any(axis=1)).max() < 0.35 * HALF < np.flatnonzero(words.any(axis=1)).min()


def test_letters_that_the_font_lacks_leave_the_number_alone() -> None:
    latin, chinese = (joined(GREY, GREY, {}, [("words", region(text))]) for text in ("AAAAAA", "牛奶牛奶牛奶"))
    assert like(chinese, COLOURS["words"]).sum() < like(latin, COLOURS["words"]).sum()


def test_of_many_regions_the_most_telling_are_drawn() -> None:
    telling = [("words", region(top=0.4))] * FRAMES
    assert joined(GREY, GREY, {}, [*telling, ("barcode", region(top=0.7))]) == joined(GREY, GREY, {}, telling)


def test_lines_of_framed_evidence_give_way_to_its_frames() -> None:
    lines = {"words": (Line((0.05, 0.05), (0.95, 0.95)),), "local": (Line((0.05, 0.95), (0.95, 0.95)),)}
    framed = joined(GREY, GREY, lines, [("words", region())])
    assert not like(framed, COLOURS["words"])[: int(0.1 * HALF)].any()
    assert like(joined(GREY, GREY, lines), COLOURS["words"])[: int(0.1 * HALF)].any()
    assert like(framed, COLOURS["local"]).any()


def test_a_frame_at_the_pictures_edge_keeps_its_label_inside() -> None:
    drawn = joined(GREY, GREY, {}, [("words", Region("EKO", "eko", 1.0, Box(0.8, 0.0, 1.0, 0.05)))])
    assert like(drawn, COLOURS["words"]).any()
    assert drawn.size[0] == WIDTH

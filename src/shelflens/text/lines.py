"""What was read off a picture."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.types import Box


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line, or a word standing alone, as it was read; misreadings are to be expected."""

    text: str
    confidence: float  # 0..1, mean over the characters
    box: Box

"""What a picture shows, in words: a category, colours, and whatever else a catalogue can teach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shelflens.attributes.palette import Palette
from shelflens.classify.answers import Answer


@dataclass(frozen=True, slots=True)
class Description:
    """Of one picture of one product."""

    colours: Palette
    category: tuple[Answer, ...] = ()  # the most probable first; empty: nothing to learn it from
    attributes: Mapping[str, tuple[Answer, ...]] = field(default_factory=dict)  # by column: "pattern", "style"

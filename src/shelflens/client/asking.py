"""What a search asks beside pictures, in the words of the API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wish:
    """As `shelflens.search.Wish`; the server has the default weight."""

    text: str = ""
    minus: str = ""
    text_weight: float | None = None  # None: as the server has it
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    def in_json(self) -> dict[str, Any]:
        """Only what is wished for."""
        given = {name: getattr(self, name) for name in ("text", "minus") if getattr(self, name)}
        if self.text_weight is not None:
            given["text_weight"] = self.text_weight
        return {**given, **{name: list(ids) for name in ("more", "less") if (ids := getattr(self, name))}}

    def in_form(self) -> dict[str, Any]:
        """Lists as JSON text."""
        return {name: json.dumps(one) if isinstance(one, list) else one for name, one in self.in_json().items()}

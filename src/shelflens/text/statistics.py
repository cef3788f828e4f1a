"""How many products use each piece of a word: what all share ("juice", "yog") says less than what one has."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shelflens.errors import CatalogueError
from shelflens.text.grams import grams, words

_FORMAT = "text-statistics/1"


@dataclass(frozen=True, slots=True)
class TextStatistics:
    """Of one catalogue, fitted once and kept with it: equal statistics give equal evidence.

    Without any (`TextStatistics()`) all pieces weigh the same. Only pieces of two products and more are kept, which
    are a small part of all; any other counts as the rarest that there is.
    """

    documents: int = 0
    frequencies: Mapping[str, int] = field(default_factory=dict)  # piece -> products that use it, 2 and up

    @classmethod
    def of(cls, documents: Iterable[Iterable[str]]) -> TextStatistics:
        """From the texts of every product, one product after the other; memory grows with the vocabulary only."""
        count = 0
        frequencies: Counter[str] = Counter()
        for texts in documents:
            count += 1
            frequencies.update(set().union(*(grams(word) for text in texts for word in words(text))))
        return cls(count, {gram: number for gram, number in sorted(frequencies.items()) if number > 1})

    def idf(self, gram: str) -> float:
        """1 + ln((N + 1) / (n + 1)), n of N products; from 1 for what all use, up to 1 + ln((N + 1) / 2)."""
        return 1 + math.log((max(self.documents, 1) + 1) / (self.frequencies.get(gram, 1) + 1))

    def to_bytes(self) -> bytes:
        content = {"format": _FORMAT, "documents": self.documents, "frequencies": dict(self.frequencies)}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> TextStatistics:
        """Raises CatalogueError for what `to_bytes` did not write."""
        try:
            content = json.loads(data)
            if content["format"] != _FORMAT:
                raise CatalogueError(f"word statistics in the form {content['format']!r}; {_FORMAT!r} is needed")
            return cls(int(content["documents"]), {str(gram): int(n) for gram, n in content["frequencies"].items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"no word statistics ({error}); make them again from the products") from error

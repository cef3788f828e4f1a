"""What was said: a recording becomes text, by the words of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import islice

from shelflens import plug
from shelflens.records.base import Records
from shelflens.speech.base import Recogniser, RecogniserMaker, Samples
from shelflens.text.profile import names

RECOGNISER = "pocketsphinx"
PRODUCTS = 5_000  # whose words can be heard; more make no better ear


class Ear:
    """Of one catalogue; made anew after its products have changed. Safe to call from several threads."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._made: tuple[int, Recogniser] | None = None

    @property
    def able(self) -> bool:
        """Is what understands speech installed?"""
        return find_spec(RECOGNISER) is not None

    def hear(self, samples: Samples) -> str:
        """The words that were said; "" when none was understood. Raises SpeechError."""
        version = self._records.version()
        if self._made is None or self._made[0] != version:  # two threads at once may both make one; either will do
            make: RecogniserMaker = plug.find("recognisers", RECOGNISER)
            self._made = version, make(list(self._phrases()))
        return self._made[1].hear(samples)

    def _phrases(self) -> Iterator[str]:
        for product in islice(self._records.products(), PRODUCTS):
            yield from (*names(product), product.category)
            for value in product.attributes.values():
                yield from [value] if isinstance(value, str) else value if isinstance(value, tuple) else []

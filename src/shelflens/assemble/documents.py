"""What a catalogue has settled about searching: small texts in its records, beside products and photos."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shelflens.assemble.space import Workspace
from shelflens.assemble.vectors import VECTORS
from shelflens.attributes import voting
from shelflens.attributes.voting import Kernel
from shelflens.calibrate.calibration import Calibration
from shelflens.embed.texts import TextChoice
from shelflens.indexing import Framing
from shelflens.promotion.spaces import TRANSITION
from shelflens.records.base import Records
from shelflens.search.ranking import Ranking
from shelflens.text.statistics import TextStatistics

EVIDENCE: Final = "evidence"
WORDS: Final = "words"
FRAMING: Final = "framing"
ATTRIBUTES: Final = "attributes"
#: One for each space: made from its vectors, they say nothing of another's.
CALIBRATION: Final = "calibration"
RANKING: Final = "ranking"
TEXTS: Final = "texts"
TOWER: Final = "tower"  # what `texts` names, if it was learnt here


@dataclass(frozen=True, slots=True)
class Documents:
    """Read anew whenever they are asked for, since another process may have changed them."""

    records: Records
    space: Workspace

    @property
    def evidence(self) -> tuple[str, ...]:
        """Names of the verifiers that searches use."""
        return tuple(json.loads(self.records.kept(EVIDENCE) or "[]"))

    def keep_evidence(self, names: Sequence[str]) -> None:
        self.records.keep(EVIDENCE, json.dumps(list(names)))

    @property
    def words(self) -> TextStatistics | None:
        """How common each word is among the products' names."""
        kept = self.records.kept(WORDS)
        return TextStatistics.from_bytes(kept.encode()) if kept else None

    def keep_words(self, statistics: TextStatistics) -> None:
        self.records.keep(WORDS, statistics.to_bytes().decode())

    @property
    def attributes(self) -> dict[str, Kernel] | None:
        """How neighbours' votes are weighed, by column; None: products are not described."""
        kept = self.records.kept(ATTRIBUTES)
        return voting.from_json(kept, where=f"{self.space.path}, attributes") if kept is not None else None

    def keep_attributes(self, kernels: Mapping[str, Kernel]) -> None:
        self.records.keep(ATTRIBUTES, voting.to_json(kernels))

    @property
    def framing(self) -> Framing | None:
        """Why the model has a locator, where nobody asked for one."""
        kept = self.records.kept(FRAMING)
        return Framing.from_json(kept, where=f"{self.space.path}, framing") if kept else None

    def keep_framing(self, framing: Framing) -> None:
        self.records.keep(FRAMING, framing.to_json())

    @property
    def calibration(self) -> Calibration | None:
        """The catalogue's own."""
        kept = self._own(CALIBRATION)
        return Calibration.from_json(kept, where=f"{self.space.path}, calibration") if kept else None

    @property
    def calibrated(self) -> bool:
        """Has it a calibration of its own?"""
        return self._own(CALIBRATION) is not None

    def keep_calibration(self, calibration: Calibration) -> None:
        self._keep_own(CALIBRATION, calibration.to_json())

    @property
    def ranking(self) -> Ranking | None:
        """The catalogue's own."""
        kept = self._own(RANKING)
        return Ranking.from_json(kept, where=f"{self.space.path}, ranking") if kept else None

    def keep_ranking(self, ranking: Ranking) -> None:
        self._keep_own(RANKING, ranking.to_json())

    @property
    def texts(self) -> TextChoice | None:
        """What finds photos by words; None: words are compared with words only."""
        kept = self._own(TEXTS)
        return TextChoice.from_json(kept, where=f"{self.space.path}, words") if kept else None

    @property
    def tower(self) -> str | None:
        """As `embed.tower` writes it."""
        return self._own(TOWER)

    def keep_texts(self, choice: TextChoice, *, tower: str | None = None) -> None:
        """The tower first: a choice never names what is not there."""
        if tower is not None:
            self._keep_own(TOWER, tower)
        self._keep_own(TEXTS, choice.to_json())

    def deciding(self) -> tuple[str | None, ...]:
        """What decides, besides products and photos, how searches are answered."""
        space = self.records.active_space()
        own = [f"{name}@{space}" for name in (CALIBRATION, RANKING, TEXTS)]
        return (space, *(self.records.kept(name) for name in (EVIDENCE, WORDS, VECTORS, ATTRIBUTES, TRANSITION, *own)))

    def _own(self, document: str) -> str | None:
        return self.records.kept(f"{document}@{self.space.found}")

    def _keep_own(self, document: str, text: str) -> None:
        self.records.keep(f"{document}@{self.space.name}", text)

"""A fitted calibration: the model, its bands, and where they came from; as JSON that people can read."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any, Final

from shelflens.calibrate.bands import Bands
from shelflens.calibrate.curve import BetaCurve
from shelflens.calibrate.evidence import COLUMNS, KINDS
from shelflens.calibrate.fusion import FusionModel
from shelflens.errors import CatalogueError
from shelflens.manifest import split_name

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a calibration was fitted on, and how well it did on queries that it had not seen."""

    data: str  # for people: "photos of catalogue 'shop'"
    digest: str  # of the fitting data, 12 hex digits
    queries: int
    products: int
    unknown_share: float  # of queries whose product is not in the catalogue, as the fit assumed, 0..1
    ece: float  # expected calibration error on held-out products, 0..1
    brier: float  # on held-out products, 0..1


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that `search` needs to say how sure it is."""

    model: FusionModel
    bands: Bands
    provenance: Provenance

    def to_json(self) -> str:
        model = self.model
        return json.dumps(
            {
                "format": FORMAT,
                "weights": dict(model.weights),
                "none": model.none,
                "typical": dict(model.typical),
                "curve": {**asdict(model.curve), "categories": dict(model.curve.categories)},
                "bands": asdict(self.bands),
                "provenance": asdict(self.provenance),
            },
            indent=2,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str, *, where: str) -> Calibration:
        """Raises CatalogueError that names the field at fault; `where` is the file or catalogue for the message."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise CatalogueError(f"{where}: not JSON ({error})") from None
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise CatalogueError(f'{where}: "format" must be {FORMAT}; this is another version, or not a calibration')
        fields = _Fields(data, where)
        weights = fields.numbers("weights", known=[column.name for column in COLUMNS])
        typical = fields.numbers("typical", known=[kind.name for kind in KINDS])
        curve, bands, provenance = (fields.inner(name) for name in ("curve", "bands", "provenance"))
        shape = BetaCurve(
            low=curve.number("low", least=0.0),
            high=curve.number("high", least=0.0),
            offset=curve.number("offset"),
            categories=curve.numbers("categories"),
        )
        try:
            model = FusionModel(weights, fields.number("none"), shape, typical)
        except ValueError as error:
            raise CatalogueError(f'{where}: field "weights": {error}') from None
        return cls(
            model,
            Bands(
                accept=bands.share_or_none("accept"),
                reject=bands.share_or_none("reject"),
                precision=bands.share("precision"),
                rejection=bands.share("rejection"),
                confidence=bands.share("confidence"),
            ),
            Provenance(
                data=provenance.text("data"),
                digest=provenance.text("digest"),
                queries=provenance.count("queries"),
                products=provenance.count("products"),
                unknown_share=provenance.share("unknown_share"),
                ece=provenance.share("ece"),
                brier=provenance.share("brier"),
            ),
        )


def shipped_calibration(model: str, evidence: Collection[str], *, views: bool = False) -> Calibration | None:
    """The one that is shipped for catalogues with one photo a product, made for a model's cosines and for the kinds of
    evidence that are looked for; None when there is none for the model. What it was fitted on is in its provenance.
    With `views`, for queries averaged over their views and photos over their mirror images.

    Barcodes, which no fit has seen, weigh what they weigh before any data, in all of them.
    """
    text = resources.files("shelflens.calibrate").joinpath("default.json").read_text(encoding="utf-8")
    name = default_name(model, evidence, views=views)
    found = json.loads(text).get(name)
    return Calibration.from_json(json.dumps(found), where=f"the shipped calibration {name!r}") if found else None


def default_calibration(evidence: Collection[str] = ()) -> Calibration:
    """The shipped one of the default model."""
    shipped = shipped_calibration("lite0", evidence)
    assert shipped is not None
    return shipped


def default_name(model: str, evidence: Collection[str], *, views: bool = False) -> str:
    """The key of the shipped file: "lite0", "lite0 local", "lite2 local words views"."""
    return " ".join([family(model), *sorted({"local", "words"} & set(evidence)), *["views"] * views])


def family(model: str) -> str:
    """Whose cosines a model's are: its own behind a locator, which sees to it that products are framed as well as those
    of the fit; and lite0's are lite0-fp32's but for rounding."""
    _, behind = split_name(model)
    return "lite0" if behind == "lite0-fp32" else behind


@dataclass(frozen=True, slots=True)
class _Fields:
    """One object of the file, read field by field."""

    data: Mapping[str, Any]
    where: str
    path: str = ""

    def number(self, name: str, *, least: float = -math.inf, most: float = math.inf) -> float:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(name, "a finite number", value)
        if not least <= value <= most:
            raise self._wrong(name, f"from {least:g} to {most:g}", value)
        return float(value)

    def share(self, name: str) -> float:
        return self.number(name, least=0.0, most=1.0)

    def share_or_none(self, name: str) -> float | None:
        return None if self._get(name) is None else self.share(name)

    def count(self, name: str) -> int:
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self._wrong(name, "a whole number, 0 or more", value)
        return value

    def text(self, name: str) -> str:
        value = self._get(name)
        if not isinstance(value, str):
            raise self._wrong(name, "a text", value)
        return value

    def inner(self, name: str) -> _Fields:
        value = self._get(name)
        if not isinstance(value, dict):
            raise self._wrong(name, "an object", value)
        return _Fields(value, self.where, f"{self.path}{name}.")

    def numbers(self, name: str, *, known: list[str] | None = None) -> dict[str, float]:
        inner = self.inner(name)
        for key in inner.data:
            if known is not None and key not in known:
                raise CatalogueError(f"{self.where}: unknown field {inner.path + key!r}; known are {', '.join(known)}")
        return {key: inner.number(key) for key in inner.data}

    def _get(self, name: str) -> Any:
        if name not in self.data:
            raise CatalogueError(f"{self.where}: field {self.path + name!r} is missing")
        return self.data[name]

    def _wrong(self, name: str, right: str, value: object) -> CatalogueError:
        return CatalogueError(f"{self.where}: field {self.path + name!r} must be {right}, not {value!r}")

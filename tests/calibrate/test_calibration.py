"""The file: what is written is what is read, and what is wrong is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shelflens.calibrate.bands import Bands
from shelflens.calibrate.calibration import Calibration, Provenance, default_calibration, shipped_calibration
from shelflens.calibrate.curve import BetaCurve
from shelflens.calibrate.evidence import CandidateEvidence
from shelflens.calibrate.fusion import FusionModel
from shelflens.errors import CatalogueError

CALIBRATION = Calibration(
    FusionModel(
        {"similarity": 1 / 3, "local known": -2.5}, 1e-7, BetaCurve(0.9, 1.1, 0.2, {"牛奶": -0.1}), {"local": 0.5}
    ),
    Bands(accept=0.93, reject=None),
    Provenance("photos of catalogue 'shop'", "0123456789ab", 120, 30, 0.1, 0.02, 0.08),
)


def changed(path: str, value: object) -> str:
    """The file with one field set to `value`, or without it where `value` is ...."""
    data = json.loads(CALIBRATION.to_json())
    *parents, name = path.split(".")
    inner: Any = data
    for parent in parents:
        inner = inner[parent]
    if value is ...:
        del inner[name]
    else:
        inner[name] = value
    return json.dumps(data)


def test_what_is_written_is_what_is_read_to_the_last_digit() -> None:
    assert Calibration.from_json(CALIBRATION.to_json(), where="here") == CALIBRATION


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", 2, '"format" must be 1'),
        ("weights", ..., "field 'weights' is missing"),
        ("weights.similarity", -1, "'similarity' must be finite and not below 0"),
        ("weights.similarity", "1", "'weights.similarity' must be a finite number, not '1'"),
        ("weights.similarity", True, "'weights.similarity' must be a finite number, not True"),
        ("weights.smell", 1.0, "unknown field 'weights.smell'"),
        ("typical", [], "'typical' must be an object"),
        ("curve.low", -0.5, "'curve.low' must be from 0 to inf, not -0.5"),
        ("curve.categories.Milk", None, "'curve.categories.Milk' must be a finite number, not None"),
        ("bands.accept", 1.5, "'bands.accept' must be from 0 to 1, not 1.5"),
        ("bands.confidence", None, "'bands.confidence' must be a finite number"),
        ("provenance.queries", -1, "'provenance.queries' must be a whole number"),
        ("provenance.data", 3, "'provenance.data' must be a text"),
    ],
)
def test_a_field_that_is_wrong_is_named_with_what_would_be_right(path: str, value: object, message: str) -> None:
    with pytest.raises(CatalogueError, match=message.replace("(", r"\(")) as caught:
        Calibration.from_json(changed(path, value), where="shop/calibration.json")
    assert str(caught.value).startswith("shop/calibration.json: ")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": NaN}'])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError, match=r"^here: "):
        Calibration.from_json(text, where="here")


def test_the_shipped_default_says_what_it_was_fitted_on_and_lets_a_barcode_settle_a_close_race() -> None:
    default = default_calibration(["local"])
    assert "Grocery" in default.provenance.data and default.provenance.queries > 300
    assert not default.model.curve.categories  # another shop's categories are not Grocery's
    near = [
        CandidateEvidence({"similarity": 0.80, "local": 20.0}),
        CandidateEvidence({"similarity": 0.79, "local": 20.0}),
    ]
    assert all(p < 0.8 for p in default.model.probabilities(near))
    read = CandidateEvidence({**near[1].values, "barcode": 1.0})
    assert default.model.probabilities([near[0], read])[1] > 0.95


def test_a_model_behind_a_locator_has_the_models_own_calibration() -> None:
    own, behind = (shipped_calibration(name, ("local",)) for name in ("lite0", "located:auto,lite0"))
    assert own is not None and own == behind
    assert shipped_calibration("located:auto,joined:lite0,lite2", ()) == shipped_calibration("joined:lite0,lite2", ())

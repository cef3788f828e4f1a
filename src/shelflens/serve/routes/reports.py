"""What is known of how good a catalogue's answers are: its calibration, its models, and the reports kept with it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, Field

from shelflens.calibrate.calibration import Calibration
from shelflens.serve.answers import problems
from shelflens.serve.problems import Problem
from shelflens.serve.service import Administering, Reading
from shelflens.serve.shelf import Opened

router = APIRouter(prefix="/v1/catalogues/{name}", tags=["catalogues"], responses=problems(401, 403, 404, 429))
FOLDER = "reports"  # within the catalogue's directory
FILES: dict[str, Literal["evaluation", "promotion"]] = {
    "evaluation.json": "evaluation",
    "promotion.json": "promotion",
}
MAX_REPORTS = 100
MAX_BYTES = 4_000_000  # of one report
POINTS = 41  # of the curve


class CurvePoint(BaseModel):
    """A probability before and after the last correction."""

    before: float
    after: float


class CalibrationAnswer(BaseModel):
    """How evidence becomes a probability: docs/calibration.md."""

    own: bool = Field(description="Fitted to this catalogue; false: as it is shipped.")
    data: str = Field(description="What it was fitted on, for people.")
    queries: int
    products: int
    unknown_share: float
    ece: float = Field(description="Expected calibration error on held-out products.")
    brier: float
    accept: float | None = Field(description="From this probability on a match is sure; null: never.")
    reject: float | None
    precision: float = Field(description="That sure matches keep to.")
    weights: dict[str, float]
    curve: list[CurvePoint]


class ModelAnswer(BaseModel):
    space: str
    model: str
    dimension: int
    licence: str
    photos: int = Field(description="That have a vector of this model.")
    active: bool


class ModelsAnswer(BaseModel):
    models: list[ModelAnswer]
    photos: int = Field(description="Of the catalogue.")


class ReportAnswer(BaseModel):
    name: str = Field(description="Its folder's.")
    kind: Literal["evaluation", "promotion"]
    written: datetime
    report: dict[str, Any] = Field(description="docs/evaluation.md, docs/promotion.md")


class ReportsAnswer(BaseModel):
    reports: list[ReportAnswer]


@router.get("/calibration")
async def get_calibration(access: Reading) -> CalibrationAnswer:
    """What the probabilities of this catalogue's matches come from, and how well they came true."""
    opened = access.opened
    calibration, own = await access.ask(partial(_calibration, opened))
    if calibration is None:
        raise Problem(404, "no-calibration", "nothing is calibrated for the catalogue's model; run the job calibrate")
    return _told(calibration, own=own)


@router.get("/models")
async def list_models(access: Reading) -> ModelsAnswer:
    """The models that the catalogue's photos have vectors of."""
    return await access.ask(partial(_models, access.opened))


@router.get("/reports")
async def list_reports(access: Administering) -> ReportsAnswer:
    """What `evaluate` and `promote` wrote with `--report CATALOGUE/reports/NAME`, the newest first."""
    return ReportsAnswer(reports=await access.ask(partial(read_reports, access.opened.catalogue.directory / FOLDER)))


def read_reports(folder: Path) -> list[ReportAnswer]:
    """Those that can be read; a folder that is not there holds none."""
    found = [path for name in FILES for path in folder.glob(f"*/{name}") if path.is_file()]
    found.sort(key=lambda path: (-path.stat().st_mtime, path))
    reports = []
    for path in found[:MAX_REPORTS]:
        if (report := _read(path)) is not None:
            written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            reports.append(ReportAnswer(name=path.parent.name, kind=FILES[path.name], written=written, report=report))
    return reports


def _read(path: Path) -> dict[str, Any] | None:
    if path.stat().st_size > MAX_BYTES:
        return None
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # being written by hand, or none of ours
        return None
    return report if isinstance(report, dict) else None


def _calibration(opened: Opened) -> tuple[Calibration | None, bool]:
    opened.refresh()
    catalogue = opened.catalogue
    if catalogue.records.active_space() is None:
        return None, False
    return catalogue.calibration, catalogue.calibrated


def _told(calibration: Calibration, *, own: bool) -> CalibrationAnswer:
    learnt, bands = calibration.provenance, calibration.bands
    before = np.linspace(0.01, 0.99, POINTS)
    after = 1 / (1 + np.exp(-calibration.model.curve(np.log(before / (1 - before)))))
    return CalibrationAnswer(
        own=own,
        data=learnt.data,
        queries=learnt.queries,
        products=learnt.products,
        unknown_share=learnt.unknown_share,
        ece=learnt.ece,
        brier=learnt.brier,
        accept=bands.accept,
        reject=bands.reject,
        precision=bands.precision,
        weights={name: round(weight, 4) for name, weight in calibration.model.weights.items()},
        curve=[
            CurvePoint(before=round(float(one), 4), after=round(float(other), 4))
            for one, other in zip(before, after, strict=True)
        ],
    )


def _models(opened: Opened) -> ModelsAnswer:
    records = opened.catalogue.records
    counts, active = records.counts(), records.active_space()
    models = [
        ModelAnswer(
            space=space,
            model=manifest.name,
            dimension=manifest.dimension,
            licence=manifest.licence,
            photos=counts.vectors.get(space, 0),
            active=space == active,
        )
        for space, manifest in records.spaces().items()
    ]
    return ModelsAnswer(models=models, photos=counts.photos)

"""A trained network to a model folder: exported, checked, judged, and put in place whole or not at all."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import nn

from shelflens import __version__
from shelflens.classify.folder import HISTORY, LABELS
from shelflens.classify.labels import Labels
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest
from shelflens.picture.pixels import normalise
from shelflens.train.backbones.base import Backbone
from shelflens.train.dataset import Dataset
from shelflens.train.export import Parity, check_parity, output_dimension, write_onnx
from shelflens.train.judging import Answers, Judgement, answers, judge, temperature
from shelflens.train.pictures import OnProgress, Pictures
from shelflens.train.quantisation import write_int8
from shelflens.train.record import DataFacts, Member, Record
from shelflens.train.report import page
from shelflens.train.sampling import Rows
from shelflens.train.tuning import Tuned

REPORT = "report.html"
_COMPARED = 32  # photos on which torch and ONNX Runtime are compared
_RANGED = 128  # training photos whose activations give the ranges of int8
_GALLERY = 500  # training photos at most that Recall@1 searches: embedding them all may take longer than learning
_LIBRARIES = ("torch", "onnx", "onnxruntime", "kornia", "pytorch-metric-learning", "numpy")


@dataclass(frozen=True)
class Learnt:
    """What a run has come to before it is written."""

    network: nn.Module
    members: tuple[Member, ...]
    data: Dataset
    backbones: tuple[Backbone, ...]
    tuned: Tuned | None
    seed: int
    device: str
    threads: int


def write_folder(
    learnt: Learnt, out: Path, work: Path, *, durations: Mapping[str, float], on_progress: OnProgress
) -> Record:
    """`model.onnx`, `model.int8.onnx`, their manifests, labels.json, training.json and report.html in `out`, by way of
    `work`. Raises ModelError when the exported network is not the trained one."""
    fresh = work / "model"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    started = time.monotonic()
    on_progress("exporting", 0, 1)
    parity = _export(learnt, fresh, name=out.name)
    on_progress("exporting", 1, 1)
    exported = time.monotonic()
    data = learnt.data
    gallery = gallery_of(data.train, seed=learnt.seed)
    exact = _answers(fresh / "model.onnx", learnt, gallery, "judging fp32", on_progress)
    quick = _answers(fresh / "model.int8.onnx", learnt, gallery, "judging int8", on_progress)
    labels = replace(data.labels, temperature=temperature(exact.held.logits, data.classes[data.held]))
    judged = exact.judged(data, labels)
    record = Record(
        shelflens=__version__,
        seed=learnt.seed,
        target=labels.target,
        classes=len(labels.names),
        data=_facts(data),
        members=learnt.members,
        held_out=judged,
        held_out_int8=quick.judged(data, labels),
        parity=parity,
        tuned=learnt.tuned,
        durations={
            **durations,
            "exporting": round(exported - started, 1),
            "judging": round(time.monotonic() - exported, 1),
        },
        device=learnt.device,
        threads=learnt.threads,
        versions={"python": platform.python_version(), **{name: version(name) for name in _LIBRARIES}},
    )
    (fresh / LABELS).write_text(labels.to_json() + "\n", encoding="utf-8")
    (fresh / HISTORY).write_text(record.to_json() + "\n", encoding="utf-8")
    (fresh / REPORT).write_text(page(record, labels, name=out.name), encoding="utf-8")
    fresh.rename(out)
    return record


@dataclass(frozen=True)
class _Answered:
    """One exported network's answers to all parts of the data."""

    held: Answers
    gallery: Answers
    gallery_rows: Rows
    catalogue: Answers | None

    def judged(self, data: Dataset, labels: Labels) -> Judgement:
        catalogue = (self.catalogue.vectors, data.classes[data.catalogue]) if self.catalogue else None
        return judge(
            self.held,
            data.classes[data.held],
            labels,
            gallery=(self.gallery.vectors, data.classes[self.gallery_rows]),
            catalogue=catalogue,
        )


def gallery_of(train: Rows, *, seed: int) -> Rows:
    """All training photos, or as many of them, drawn at random, as Recall@1 is judged by."""
    return np.sort(np.random.default_rng(seed).permutation(train)[:_GALLERY])


def _answers(model: Path, learnt: Learnt, gallery_rows: Rows, stage: str, on_progress: OnProgress) -> _Answered:
    data = learnt.data
    total = len(data.held) + len(gallery_rows) + len(data.catalogue)

    def ask(rows: Rows, before: int) -> Answers:
        return answers(
            model,
            data.pictures,
            rows,
            threads=learnt.threads,
            done=lambda count: on_progress(stage, before + count, total),
        )

    held, gallery = ask(data.held, 0), ask(gallery_rows, len(data.held))
    catalogue = ask(data.catalogue, len(data.held) + len(gallery_rows)) if len(data.catalogue) else None
    return _Answered(held, gallery, gallery_rows, catalogue)


def _export(learnt: Learnt, folder: Path, *, name: str) -> Parity:
    pictures, random = learnt.data.pictures, np.random.default_rng(learnt.seed)
    exact, quick = folder / "model.onnx", folder / "model.int8.onnx"
    write_onnx(learnt.network, pictures.preprocessing.size, exact)
    compared = random.permutation(learnt.data.held)[:_COMPARED]
    parity = check_parity(learnt.network, exact, np.stack(list(_pixels(pictures, compared))))
    write_int8(exact, quick, _pixels(pictures, random.permutation(learnt.data.train)[:_RANGED]))
    for path in (exact, quick):
        manifest = _manifest(learnt, path, name=name)
        path.with_suffix(".json").write_text(manifest.to_json() + "\n", encoding="utf-8")
    return parity


def _pixels(pictures: Pictures, rows: Rows) -> Iterator[NDArray[np.float32]]:
    for row in rows.tolist():
        yield normalise(pictures.served[row], pictures.preprocessing)


def _manifest(learnt: Learnt, path: Path, *, name: str) -> ModelManifest:
    backbones = learnt.backbones
    return ModelManifest(
        name=name,
        sha256=digest([path]),
        dimension=output_dimension(path),
        preprocessing=learnt.data.pictures.preprocessing,
        licence=" AND ".join(sorted({backbone.licence for backbone in backbones})),
        source=f"shelflens train, recipe {learnt.members[0].recipe}; began as "
        + "; ".join(dict.fromkeys(f"{backbone.name} ({backbone.source})" for backbone in backbones)),
        paper=backbones[0].paper,
    )


def _facts(data: Dataset) -> DataFacts:
    roles = [photo.role for photo in data.pictures.photos]
    return DataFacts(
        digest=data.pictures.digest,
        train=len(data.train),
        held_out=len(data.held),
        catalogue=len(data.catalogue),
        own_validation="validation" in roles,
        per_class=tuple(
            int(count) for count in np.bincount(data.classes[data.train], minlength=len(data.labels.names))
        ),
    )

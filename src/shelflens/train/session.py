"""One training run from sources to a model folder: read, split, tune, learn, fuse, export, judge, write."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import torch
from torch import nn

from shelflens.allocator import keep_memory
from shelflens.errors import ModelError, ShelflensError
from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.train import ensemble
from shelflens.train.backbones.base import Backbone
from shelflens.train.backbones.joined import alike
from shelflens.train.backbones.loading import load_backbone
from shelflens.train.dataset import Dataset, Sources, read_dataset
from shelflens.train.fitting import Epoch
from shelflens.train.folder import Learnt, write_folder
from shelflens.train.inputs import FeatureCache
from shelflens.train.recipes.base import Recipe, Run, Trained, load_recipe
from shelflens.train.record import Member, Record
from shelflens.train.settings import Settings, changed
from shelflens.train.tuning import Tuned, tune
from shelflens.types import Fit


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for."""

    sources: Sources
    out: Path
    recipe: str = "partial"
    models: tuple[str, ...] = ()  # backbones, one member each; none: the recipe's
    members: int = 1  # of each backbone, with different seeds
    also: tuple[str, ...] = ()  # RECIPE or RECIPE=MODEL: more members, with their recipes' own settings
    fuse: str = "scores"
    seed: int = 0
    changes: tuple[str, ...] = ()  # NAME=VALUE of `Settings`
    tune: int = 0  # trials
    device: str = "auto"
    threads: int = 1


class Listener(Protocol):
    """Hears how a run goes on."""

    def progress(self, stage: str, done: int, total: int | None) -> None: ...

    def epoch(self, member: str, epoch: Epoch) -> None: ...

    def bad(self, row: BadRow) -> None: ...


def train(request: Request, reader: PhotoReader, listener: Listener) -> Record:
    """Writes the model folder, whole or not at all, and returns what it says of itself.

    A run that is stopped leaves `OUT.work`; the same request goes on from there. Raises ShelflensError.
    """
    if request.out.exists():
        raise ModelError(f"{request.out} is there already; take it away, or give another --out")
    if request.fuse not in ensemble.FUSIONS:
        raise ShelflensError(f"no fusion called {request.fuse!r}; there is {', '.join(ensemble.FUSIONS)}")
    device = _device(request.device)
    keep_memory()
    torch.set_num_threads(request.threads)
    work = request.out.with_name(f"{request.out.name}.work")
    clock = _Clock()
    plans = _plans(request)
    if request.fuse == "soup" and any(plan.settings.neighbours for plan in plans):
        raise ShelflensError(
            "the vectors of a soup are not its members', so it has no neighbours; add --set neighbours=0"
        )
    with clock("reading"):
        data = read_dataset(
            request.sources,
            plans[0].backbone.preprocessing,
            reader,
            work / "pictures",
            seed=request.seed,
            workers=request.threads,
            on_progress=listener.progress,
            on_bad=listener.bad,
        )
    cache = FeatureCache(work / "features", device, listener.progress)
    runs = [
        _run(plan, data, cache, partial(listener.epoch, plan.title(number, len(plans))))
        for number, plan in enumerate(plans)
    ]
    tuned: Tuned | None = None
    if request.tune:
        with clock("tuning"):
            tuned = tune(
                plans[0].recipe,
                # Only the cache is heard of: it takes long, but once.
                replace(runs[0], on_progress=_unheard, on_epoch=_unheard),
                trials=request.tune,
                target=data.labels.target,
                storage=work / "tuning.log",
                on_trial=lambda number, _best: listener.progress("tuning", number, request.tune),
            )
        searched = plans[0].recipe_name
        plans = [replace(plan, settings=tuned.settings) if plan.recipe_name == searched else plan for plan in plans]
        runs = [replace(run, settings=plan.settings) for run, plan in zip(runs, plans, strict=True)]
    with clock("learning"):
        trained = [plan.recipe.train(_kept(run, plan.recipe_name, work)) for plan, run in zip(plans, runs, strict=True)]
    learnt = Learnt(
        network=_fused(request, trained, mirror=plans[0].settings.mirror),
        members=tuple(
            Member(plan.recipe_name, plan.backbone.name, plan.seed, plan.settings, one.history)
            for plan, one in zip(plans, trained, strict=True)
        ),
        data=data,
        backbones=tuple(plan.backbone for plan in plans),
        tuned=tuned,
        seed=request.seed,
        device=str(device),
        threads=request.threads,
    )
    record = write_folder(learnt, request.out, work, durations=clock.seconds, on_progress=listener.progress)
    shutil.rmtree(work)
    return record


@dataclass(frozen=True)
class _Plan:
    """Of one network."""

    recipe_name: str
    recipe: Recipe
    backbone: Backbone
    settings: Settings
    seed: int
    head_seed: int

    def title(self, number: int, of: int) -> str:
        return self.backbone.name if of == 1 else f"{self.backbone.name} ({number + 1} of {of})"


def _plans(request: Request) -> list[_Plan]:
    """The networks asked for, all of which take the same pixels."""
    recipe = load_recipe(request.recipe)
    settings = changed(recipe.defaults, request.changes)
    wanted = [(request.recipe, settings, model) for model in request.models or (recipe.model,)] * request.members
    for pair in request.also:
        name, _, model = pair.partition("=")
        other = load_recipe(name)
        wanted.append((name, other.defaults, model or other.model))
    backbones = alike([_backbone(model, settings, request.seed) for _, _, model in wanted])
    plans = []
    for number, ((name, own, _), backbone) in enumerate(zip(wanted, backbones, strict=True)):
        seed = request.seed + number
        head_seed = request.seed if request.fuse == "soup" else seed
        plans.append(_Plan(name, load_recipe(name), backbone, own, seed, head_seed))
    return plans


def _backbone(name: str, settings: Settings, seed: int) -> Backbone:
    torch.manual_seed(seed)  # for weights that are random
    backbone = load_backbone(name)
    shown = backbone.preprocessing
    if settings.fit:
        fit = cast(Fit, settings.fit)  # one of its words, as settings see to
        shown = replace(shown, fit=fit, crop_share=shown.shown_share)
    if settings.crop_share and shown.fit == "squash":
        raise ShelflensError(
            f"crop_share means nothing where pictures are squashed, as for {name}; add --set fit=crop or fit=pad"
        )
    if settings.crop_share:
        shown = replace(shown, crop_share=settings.crop_share)
    return backbone if shown == backbone.preprocessing else replace(backbone, preprocessing=shown)


def _run(plan: _Plan, data: Dataset, cache: FeatureCache, on_epoch: Callable[[Epoch], None]) -> Run:
    return Run(
        backbone=plan.backbone,
        pictures=data.pictures,
        labels=data.classes,
        classes=len(data.labels.names),
        train=data.train,
        held=data.held,
        catalogue=data.catalogue[data.classes[data.catalogue] >= 0],
        viewed=np.union1d(data.train, data.catalogue),
        settings=plan.settings,
        seed=plan.seed,
        head_seed=plan.head_seed,
        device=cache.device,
        cache=cache,
        keep=None,
        on_progress=cache.on_progress,
        on_epoch=on_epoch,
    )


def _kept(run: Run, recipe: str, work: Path) -> Run:
    """With a checkpoint that is named by everything that decides what is learnt."""
    parts = (recipe, run.backbone.digest, run.pictures.digest, run.settings, run.seed, run.head_seed)
    name = hashlib.sha256(repr(parts).encode() + run.train.tobytes() + run.held.tobytes()).hexdigest()[:16]
    return replace(run, keep=work / "checkpoints" / f"{name}.pt")


def _unheard(*_event: object) -> None:
    """Nobody listens."""


def _fused(request: Request, trained: list[Trained], *, mirror: bool) -> nn.Module:
    networks = [one.network for one in trained]
    network = networks[0] if len(networks) == 1 else ensemble.FUSIONS[request.fuse](networks)
    return ensemble.Mirrored(network) if mirror else network


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise ShelflensError("torch sees no CUDA device here; use --device cpu")
    return torch.device(name)


class _Clock:
    """Seconds by what they were spent on."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, what: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[what] = round(time.monotonic() - started, 1)

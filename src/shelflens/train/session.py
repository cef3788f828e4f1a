"""One training run from sources to a model folder: read, split, tune, learn, fuse, export, judge, write."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from shelflens.errors import ModelError, ShelflensError
from shelflens.feed.base import BadRow
from shelflens.indexing import PhotoReader
from shelflens.train import ensemble
from shelflens.train.allocator import keep_memory
from shelflens.train.backbones.base import Backbone
from shelflens.train.backbones.joined import alike
from shelflens.train.backbones.loading import load_backbone
from shelflens.train.dataset import Sources, read_dataset
from shelflens.train.fitting import Epoch
from shelflens.train.folder import Learnt, write_folder
from shelflens.train.inputs import FeatureCache
from shelflens.train.recipes.base import Recipe, Run, Trained, load_recipe
from shelflens.train.record import Member, Record
from shelflens.train.settings import changed
from shelflens.train.tuning import Tuned, tune


@dataclass(frozen=True, slots=True)
class Request:
    """What a user asks for."""

    sources: Sources
    out: Path
    recipe: str = "partial"
    models: tuple[str, ...] = ()  # backbones, one member each; none: the recipe's
    members: int = 1  # of each backbone, with different seeds
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
    recipe = load_recipe(request.recipe)
    settings = changed(recipe.defaults, request.changes)
    if request.fuse not in ensemble.FUSIONS:
        raise ShelflensError(f"no fusion called {request.fuse!r}; there is {', '.join(ensemble.FUSIONS)}")
    keep_memory()
    torch.set_num_threads(request.threads)
    work = request.out.with_name(f"{request.out.name}.work")
    clock = _Clock()
    backbones = _backbones(request, recipe)
    with clock("reading"):
        data = read_dataset(
            request.sources,
            backbones[0].preprocessing,
            reader,
            work / "pictures",
            catalogue_repeat=settings.catalogue_repeat,
            seed=request.seed,
            workers=request.threads,
            on_progress=listener.progress,
            on_bad=listener.bad,
        )
    device = _device(request.device)
    cache = FeatureCache(work / "features", device, listener.progress)
    runs = []
    for number, backbone in enumerate(backbones):
        seed = request.seed + number
        run = Run(
            backbone=backbone,
            pictures=data.pictures,
            labels=data.classes,
            classes=len(data.labels.names),
            train=data.train,
            held=data.held,
            settings=settings,
            seed=seed,
            head_seed=request.seed if request.fuse == "soup" else seed,
            device=device,
            cache=cache,
            keep=None,
            on_progress=listener.progress,
            on_epoch=partial(listener.epoch, _member(backbone, number, len(backbones))),
        )
        runs.append(_kept(run, request.recipe, work))
    tuned: Tuned | None = None
    if request.tune:
        with clock("tuning"):
            tuned = tune(
                recipe,
                # Only the cache is heard of: it takes long, but once.
                replace(runs[0], on_progress=_unheard, on_epoch=_unheard),
                trials=request.tune,
                target=data.labels.target,
                storage=work / "tuning.log",
                on_trial=lambda number, _best: listener.progress("tuning", number, request.tune),
            )
        runs = [_kept(replace(run, settings=tuned.settings), request.recipe, work) for run in runs]
    with clock("learning"):
        trained = [recipe.train(run) for run in runs]
    learnt = Learnt(
        network=_fused(request, trained, mirror=runs[0].settings.mirror),
        members=tuple(Member(run.backbone.name, run.seed, one.history) for run, one in zip(runs, trained, strict=True)),
        recipe=request.recipe,
        settings=runs[0].settings,
        data=data,
        backbones=tuple(backbones),
        tuned=tuned,
        seed=request.seed,
        device=str(device),
        threads=request.threads,
    )
    record = write_folder(learnt, request.out, work, durations=clock.seconds, on_progress=listener.progress)
    shutil.rmtree(work)
    return record


def _backbones(request: Request, recipe: Recipe) -> list[Backbone]:
    names = [name for name in request.models or (recipe.model,) for _ in range(request.members)]
    made: dict[str, Backbone] = {}
    for name in names:
        torch.manual_seed(request.seed)  # of weights that are random
        made.setdefault(name, load_backbone(name))
    return alike([made[name] for name in names])


def _member(backbone: Backbone, number: int, of: int) -> str:
    return backbone.name if of == 1 else f"{backbone.name} ({number + 1} of {of})"


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

"""Settings chosen by cross-validation within the training photos: Optuna proposes, folds judge, poor ones stop early.

Where products are learnt, each fold leaves some of them out altogether as well: settings must serve the products that
come next year, not only those that are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from shelflens.train.augmentation import augmentation
from shelflens.train.fitting import predict
from shelflens.train.inputs import PictureInputs
from shelflens.train.judging import recall_at_1
from shelflens.train.recipes.base import Recipe, Run
from shelflens.train.sampling import Rows
from shelflens.train.settings import Settings, changed
from shelflens.train.splitting import folds, leave_out_products

_FOLDS = 3
_LEAST_TRIALS = 4  # before one may be stopped early


@dataclass(frozen=True, slots=True)
class Tuned:
    settings: Settings
    score: float  # mean over the folds, 0..1
    trials: int
    changes: Mapping[str, float | int | str]  # what was chosen


def tune(
    recipe: Recipe,
    run: Run,
    *,
    trials: int,
    target: str,
    storage: Path,
    on_trial: Callable[[int, float], None],
) -> Tuned:
    """Best of `trials`, those of an earlier run with the same `storage` included; `run.settings` are tried first."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        study_name="tuning",
        direction="maximize",
        storage=JournalStorage(JournalFileBackend(str(storage))),
        load_if_exists=True,
        sampler=optuna.samplers.TPESampler(seed=run.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=_LEAST_TRIALS),
    )
    if not study.trials:
        study.enqueue_trial({name: getattr(run.settings, name) for name in _searched(recipe)})

    def score(trial: optuna.Trial) -> float:
        settings = changed(run.settings, _changes({name: ask(trial) for name, ask in _searched(recipe).items()}))
        found: list[float] = []
        for number, (train, held, unseen) in enumerate(splits(run, target=target)):
            known = run.catalogue[~np.isin(run.labels[run.catalogue], run.labels[unseen])]
            fold = replace(run, settings=settings, train=train, held=held, catalogue=known, keep=None)
            found.append(_score(recipe, fold, unseen))
            trial.report(float(np.mean(found)), number)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(found))

    finished = sum(trial.state.is_finished() for trial in study.trials)
    for number in range(finished, trials):
        study.optimize(score, n_trials=1)
        on_trial(number + 1, study.best_value)
    best = dict(study.best_params)
    return Tuned(changed(run.settings, _changes(best)), float(study.best_value), len(study.trials), best)


def _changes(values: Mapping[str, float | int | str]) -> list[str]:
    return [f"{name}={value}" for name, value in values.items()]


def splits(run: Run, *, target: str) -> list[tuple[Rows, Rows, Rows]]:
    """(train, held, unseen) per fold: photos of known classes held out, and all photos of the products left out."""
    own = run.train
    parts = folds(run.pictures.photos, own, target=target, count=_FOLDS, seed=run.seed)
    left_out = (
        leave_out_products(run.labels, own, count=2 * _FOLDS, seed=run.seed) if _new_products(run, target) else []
    )
    found = []
    for number, part in enumerate(parts):
        unseen = left_out[number] if left_out else np.zeros(0, np.int64)
        away = np.union1d(part, unseen)
        found.append((run.train[~np.isin(run.train, away)], np.setdiff1d(part, unseen), unseen))
    return found


def _new_products(run: Run, target: str) -> bool:
    return target == "product_id" and run.classes >= 4 * _FOLDS


def _score(recipe: Recipe, run: Run, unseen: Rows) -> float:
    """Accuracy on photos held out; with `unseen`, the mean of it and of Recall@1 among the products left out."""
    trained = recipe.train(run)
    network = trained.network.to(run.device)
    inputs = PictureInputs(run.pictures, augmentation("none", run.pictures.preprocessing.size), run.device)
    _, logits = predict(network, inputs, run.held)
    accuracy = float((logits.argmax(dim=1).numpy() == run.labels[run.held]).mean())
    if not len(unseen):
        return accuracy
    vectors = predict(network, inputs, unseen)[0].numpy()
    queries = np.arange(len(unseen)) % 2 == 0
    truth = run.labels[unseen]
    return (accuracy + recall_at_1(vectors[queries], truth[queries], vectors[~queries], truth[~queries])) / 2


def _searched(recipe: Recipe) -> dict[str, Callable[[optuna.Trial], float | int | str]]:
    """What is searched, around the recipe's defaults."""
    rate = recipe.defaults.learning_rate
    return {
        "learning_rate": lambda trial: trial.suggest_float("learning_rate", rate / 5, rate * 5, log=True),
        "weight_decay": lambda trial: trial.suggest_float("weight_decay", 1e-3, 0.5, log=True),
        "dropout": lambda trial: trial.suggest_float("dropout", 0.0, 0.5),
        "label_smoothing": lambda trial: trial.suggest_float("label_smoothing", 0.0, 0.2),
        "loss": lambda trial: trial.suggest_categorical("loss", ["ce", "ce+0.5*supcon", "ce+0.3*proxy-anchor"]),
        "average": lambda trial: trial.suggest_categorical("average", ["none", "ema"]),
    }

"""The page of a training run: how it learnt, how good it is, what it was made of."""

from __future__ import annotations

import dataclasses

from shelflens.classify.labels import Labels
from shelflens.pages.chart import Axis, Chart, Curve, even_axis, share_axis
from shelflens.pages.report import Fact
from shelflens.pages.training import SettingRow, TrainingPage, training
from shelflens.train.fitting import Epoch
from shelflens.train.record import Member, Record

_LOSS_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 50.0, 200.0, 1000.0)


def page(record: Record, labels: Labels, *, name: str) -> str:
    """A whole HTML page."""
    held = record.held_out
    return training(
        TrainingPage(
            title=f"Model {name}",
            lead=f"Recipe {record.recipe}: {record.data.train} photos of {record.classes} classes ({record.target}); "
            f"judged on {held.photos} photos that it did not learn from.",
            facts=_facts(record, labels),
            charts=tuple(
                chart for member in record.members for chart in _charts(member, several=len(record.members) > 1)
            ),
            settings=tuple(SettingRow(name, str(value)) for name, value in dataclasses.asdict(record.settings).items()),
        )
    )


def _facts(record: Record, labels: Labels) -> tuple[Fact, ...]:
    exact, quick = record.held_out, record.held_out_int8

    def fact(name: str, value: str, of: str) -> Fact:
        return Fact(name, value, f"int8: {of}")

    facts = [
        fact("Accuracy", _percent(exact.accuracy), _percent(quick.accuracy)),
        fact("Macro recall", _percent(exact.macro_recall), _percent(quick.macro_recall)),
        fact("Macro F1", f"{exact.macro_f1:.3f}", f"{quick.macro_f1:.3f}"),
        *(
            fact(f"Accuracy, {group.name}", _percent(exact.groups[group.name]), _percent(quick.groups[group.name]))
            for group in labels.groups
        ),
        fact(f"Recall@1, {exact.gallery} photos", _percent(exact.recall_at_1), _percent(quick.recall_at_1)),
    ]
    if exact.catalogue_recall_at_1 is not None and quick.catalogue_recall_at_1 is not None:
        catalogue = _percent(exact.catalogue_recall_at_1), _percent(quick.catalogue_recall_at_1)
        facts.append(fact("Recall@1, catalogue pictures", *catalogue))
    facts += [
        fact("Calibration error", f"{exact.calibration_error:.3f}", f"{quick.calibration_error:.3f}"),
        Fact("Learning", _seconds(record.durations.get("learning", 0.0)), f"on {record.device}"),
    ]
    return tuple(facts)


def _charts(member: Member, *, several: bool) -> list[Chart]:
    history, name = member.history, f", {member.model}, seed {member.seed}" if several else ""
    if not history:
        return []
    return [_loss_chart(history, name), *([_accuracy_chart(history, name)] if _accuracies(history) else [])]


def _loss_chart(history: tuple[Epoch, ...], name: str) -> Chart:
    learnt = tuple((float(epoch.number), epoch.train_loss) for epoch in history)
    held = tuple((float(epoch.number), epoch.held_loss) for epoch in history if epoch.held_loss is not None)
    values = [loss for _, loss in (*learnt, *held)]
    return Chart(
        title=f"Loss{name}",
        caption="What training makes small, on photos learnt from (with augmentation) and held out",
        summary=f"From {learnt[0][1]:.2f} in the first epoch to {learnt[-1][1]:.2f} in the last.",
        x=_epochs(history),
        y=even_axis("loss", min(0.0, *values), max(values), steps=_LOSS_STEPS),
        curves=(Curve("Learnt from", learnt), *([Curve("Held out", held)] if held else [])),
    )


def _accuracy_chart(history: tuple[Epoch, ...], name: str) -> Chart:
    points = _accuracies(history)
    return Chart(
        title=f"Accuracy{name}",
        caption="Share of the photos held out that are named rightly",
        summary=f"From {points[0][1]:.1%} after the first epoch to {points[-1][1]:.1%} after the last.",
        x=_epochs(history),
        y=share_axis("photos, %"),
        curves=(Curve("Held out", points),),
    )


def _accuracies(history: tuple[Epoch, ...]) -> tuple[tuple[float, float], ...]:
    return tuple((float(one.number), one.held_accuracy) for one in history if one.held_accuracy is not None)


def _epochs(history: tuple[Epoch, ...]) -> Axis:
    return even_axis("epoch", 0, len(history), steps=(1, 2, 5, 10, 20, 50, 100, 200, 500, 2000))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _seconds(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 60 else f"{seconds:.0f} s"

"""Judges what customers get: queries with known answers, asked of the serving path itself."""

from shelflens.evaluate.as_json import evaluation_json
from shelflens.evaluate.judge import ReadView, evaluate
from shelflens.evaluate.report import write_report
from shelflens.evaluate.result import METRICS, CategoryScores, Confusion, Evaluation, Outcome, Score

__all__ = [
    "METRICS",
    "CategoryScores",
    "Confusion",
    "Evaluation",
    "Outcome",
    "ReadView",
    "Score",
    "evaluate",
    "evaluation_json",
    "write_report",
]

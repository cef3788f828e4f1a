"""How good is a trained model? Its answers and its vectors, judged on photos whose labels are known."""

from shelflens.assess.as_json import assessment_json
from shelflens.assess.judge import assess, load_model
from shelflens.assess.looking import Model
from shelflens.assess.report import write_report
from shelflens.assess.result import Assessment, ClassScores, Confusion, Retrieval, Score
from shelflens.assess.retrieval import RETRIEVAL

__all__ = [
    "RETRIEVAL",
    "Assessment",
    "ClassScores",
    "Confusion",
    "Model",
    "Retrieval",
    "Score",
    "assess",
    "assessment_json",
    "load_model",
    "write_report",
]

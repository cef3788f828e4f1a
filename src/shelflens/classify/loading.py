"""From a classifier's name to the classifier."""

from __future__ import annotations

from pathlib import Path

from shelflens import plug
from shelflens.classify.base import Classifier


def load_classifier(name: str, *, threads: int = 0) -> Classifier:
    """A model folder or file by its path, or `KIND:REFERENCE` for what a package brings. `threads` is how many one
    picture runs on; 0 is all. Raises ShelflensError."""
    kind, colon, reference = name.partition(":")
    if not colon or Path(name).exists():
        kind, reference = "onnx", name
    classifier: Classifier = plug.find("classifiers", kind)(reference, threads=threads)
    return classifier

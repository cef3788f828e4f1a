"""Small real networks of each framework, with random weights."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens.train.importing.importing import Imported, ImportRequest, import_model
from shelflens.train.importing.preparing import PREPARATIONS

Import = Callable[..., Imported]
LABELS = ("hat", "shoe", "skirt", "vest")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    (tmp_path / "labels.txt").write_text("\n".join(LABELS) + "\n")
    return tmp_path / "labels.txt"


@pytest.fixture
def pictures() -> list[Image.Image]:
    random = np.random.default_rng(5)
    return [
        Image.fromarray(random.integers(0, 256, (4, 6, 3), dtype=np.uint8)).resize((90, 70), Image.Resampling.BICUBIC)
        for _ in range(4)
    ]


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    def run(file: Path, *, preprocessing: str = "0-1", **more: object) -> Imported:
        request = ImportRequest(file=file, out=tmp_path / "model", preparation=PREPARATIONS[preprocessing], **more)  # type: ignore[arg-type]  # by name
        return import_model(request)

    return run

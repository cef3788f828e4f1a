"""What can be told of a file before any framework is imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.train.importing.conftest import Import

from shelflens.errors import ModelError


@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="tensorflow is here: test_saved_model.py says more")
def test_a_saved_model_without_tensorflow_says_what_to_install(imported: Import, tmp_path: Path) -> None:
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ModelError, match=r"pip install 'shelflens\[tensorflow\]'"):
        imported(tmp_path / "saved")


@pytest.mark.skipif(find_spec("keras") is not None, reason="keras is here: test_keras.py says more")
def test_a_keras_file_without_keras_says_what_to_install(imported: Import, tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ModelError, match=r"pip install 'shelflens\[import\]'"):
        imported(tmp_path / "m.h5")

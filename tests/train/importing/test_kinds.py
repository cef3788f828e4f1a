"""What can be told of a file before any framework is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.train.importing.conftest import Import

from shelflens.errors import ModelError
from shelflens.train.importing import keras_files, saved_model


def nothing(_name: str) -> None:
    """`importlib.util.find_spec` where a package is not installed."""


def test_a_saved_model_without_tensorflow_says_what_to_install(
    imported: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_model, "find_spec", nothing)
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"")
    with pytest.raises(ModelError, match=r"pip install 'shelflens\[tensorflow\]'"):
        imported(tmp_path / "saved")


def test_a_keras_file_without_keras_says_what_to_install(
    imported: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_files, "find_spec", nothing)
    (tmp_path / "m.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ModelError, match=r"pip install 'shelflens\[import\]'"):
        imported(tmp_path / "m.h5")

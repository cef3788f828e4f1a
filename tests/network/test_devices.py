"""Networks run on the device that was asked for, or not at all; its vectors are the processor's."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
import pytest
from click.testing import CliRunner

from shelflens.cli.main import main
from shelflens.embed.bundled import MODELS
from shelflens.embed.loading import load_embedder
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.devices import check_agreement, check_device
from shelflens.network.runtime import CPU, RUNTIME
from shelflens.network.session import open_session
from shelflens.settings import from_environment

EXACT, QUICK = (MODELS / f"{name}.onnx" for name in ("lite0-fp32", "lite0"))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> onnxruntime.InferenceSession:
    """On the processor; what a test asks for is forgotten afterwards."""
    monkeypatch.setattr(RUNTIME, "device", CPU)
    return open_session(EXACT, threads=1)


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("abacus", "SHELFLENS_DEVICE=abacus: there is no such device; there is cpu, cuda, "),
        ("migraphx", "this onnxruntime has no MIGraphXExecutionProvider, only .*CPUExecutionProvider"),
    ],
)
def test_a_device_that_is_not_there_is_said_before_anything_runs(device: str, message: str) -> None:
    RUNTIME.device = device
    with pytest.raises(ModelError, match=message):
        load_embedder("lite0", threads=1)


def test_onnxruntime_does_not_fall_back_to_the_processor_without_a_word(session: onnxruntime.InferenceSession) -> None:
    check_device(session, where=EXACT)
    RUNTIME.device = "cuda"
    with pytest.raises(ModelError, match="onnxruntime took CPUExecutionProvider instead of CUDAExecutionProvider"):
        check_device(session, where=EXACT)


def test_vectors_that_are_not_the_processors_are_refused(session: onnxruntime.InferenceSession) -> None:
    manifest = ModelManifest.read(EXACT.with_suffix(".json"))
    check_agreement(session, open_session(EXACT, threads=2), manifest, where=EXACT)
    with pytest.raises(ModelError, match="would not fit a catalogue's others"):
        check_agreement(open_session(QUICK, threads=1), session, manifest, where=Path("lite0.onnx"))


@pytest.mark.usefixtures("session")
def test_every_command_heeds_the_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELFLENS_DEVICE", "abacus")
    answer = CliRunner().invoke(main, ["anomaly", "fit", str(tmp_path), "--out", str(tmp_path / "good.npz")])
    assert answer.exit_code == 1
    assert "SHELFLENS_DEVICE=abacus: there is no such device" in answer.output


def test_the_environment_names_the_device() -> None:
    assert from_environment({}).device == from_environment({"SHELFLENS_DEVICE": " "}).device == CPU
    assert from_environment({"SHELFLENS_DEVICE": "CUDA"}).device == "cuda"

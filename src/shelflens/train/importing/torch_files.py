"""Torch files that say how they compute: TorchScript, and what torch.export.save writes. None is unpickled freely."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import onnx
import torch

from shelflens.errors import ModelError
from shelflens.train.importing.base import Answer, Foreign, Pixels, side_of
from shelflens.train.quiet import QuietExporter

_OPSET = 20
_TEXTS = (
    ".json",
    "version",
    "byteorder",
    "archive_format",
    ".format_version",
    ".storage_alignment",
    "serialization_id",
)


def read_torchscript(path: Path, size: int | None) -> Foreign:
    """TorchScript runs in an interpreter of its own, which knows nothing but torch's operators."""
    side = side_of(path, None, None, size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            module = torch.jit.load(path, map_location="cpu").eval()
        run = _runner(module, path)
        run(torch.zeros(1, 3, side, side).numpy())
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), QuietExporter():
            warnings.simplefilter("ignore")  # the exporter's own; the newer one does not read TorchScript
            file = Path(folder) / "model.onnx"
            torch.onnx.export(module, (torch.zeros(1, 3, side, side),), file, dynamo=False, opset_version=_OPSET)
            model = onnx.load(file)
    except RuntimeError as error:
        raise ModelError(f"{path}: does not become ONNX with pictures of {side} pixels: {_last_line(error)}") from None
    return Foreign(model, "NCHW", run, f"TorchScript in torch {torch.__version__}")


def read_exported(path: Path, size: int | None) -> Foreign:
    """A torch.export archive, whose shapes are fixed but perhaps for the batch."""
    _refuse_code(path)
    try:
        program = torch.export.load(path)
        (example,), _ = program.example_inputs
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path}: torch {torch.__version__} cannot load it as a network of one picture: {_last_line(error)}"
        ) from None
    if tuple(example.shape[1:2]) != (3,) or example.ndim != 4:
        raise ModelError(f"{path}: takes {tuple(example.shape)}; a network of pictures takes (B, 3, size, size)")
    side_of(path, int(example.shape[2]), int(example.shape[3]), size)
    with warnings.catch_warnings(), QuietExporter():
        warnings.simplefilter("ignore")
        exported = torch.onnx.export(program, dynamo=True, opset_version=_OPSET, verbose=False)
    module = program.module()
    batch = int(example.shape[0])
    return Foreign(
        exported.model_proto, "NCHW", _runner(module, path, least=batch), f"torch.export in torch {torch.__version__}"
    )


def _runner(module: Any, path: Path, *, least: int = 1) -> Any:
    """`least` pictures are needed at once where the batch was fixed by the export; the first answer counts."""

    def run(pixels: Pixels) -> Answer:
        with torch.no_grad():
            out = module(torch.from_numpy(pixels).repeat(least, 1, 1, 1))
        if not isinstance(out, torch.Tensor):
            raise ModelError(f"{path}: puts out a {type(out).__name__}; export a network that puts out one tensor")
        answer: Answer = out[:1].float().numpy()
        return answer

    return run


def _refuse_code(path: Path) -> None:
    """torch.export.load unpickles some parts of an archive without restraint; each is first read with
    `weights_only`, which refuses whatever is not a tensor or a plain value."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        raw: set[str] = set()
        for name in names:
            if name.endswith("_config.json"):
                config = json.loads(archive.read(name)).get("config", {})
                raw |= {str(its["path_name"]) for its in config.values() if its.get("use_pickle") is False}
        for name in names:
            last = name.rpartition("/")[2]
            if last.endswith(_TEXTS) or "/.data/" in name or (last in raw and last.startswith(("weight_", "tensor_"))):
                continue
            try:
                torch.load(io.BytesIO(archive.read(name)), weights_only=True)
            except (pickle.UnpicklingError, RuntimeError, ValueError, EOFError, IndexError, KeyError):
                raise ModelError(
                    f"{path}: its part {name} is more than tensors, and loading it could run code; export it anew with "
                    "tensors as example inputs"
                ) from None


def _last_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[-1]

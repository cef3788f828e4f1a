"""Which kind of file it is: told by what is in it, since `.pt` names three kinds and `.h5` two."""

from __future__ import annotations

import zipfile
from pathlib import Path

from shelflens.errors import ModelError
from shelflens.train.importing.base import Reader

_HDF5 = b"\x89HDF\r\n\x1a\n"
KINDS = (
    "a Keras file (.keras, .h5), a TensorFlow SavedModel folder, TorchScript (.pt), torch.export (.pt2) or ONNX (.onnx)"
)


def reader_of(path: Path) -> tuple[str, Reader]:
    """The kind's name and what reads it; frameworks are imported only when it is called. Raises ModelError."""
    if path.is_dir():
        if (path / "saved_model.pb").is_file():
            from shelflens.train.importing.saved_model import read_saved_model

            return "TensorFlow SavedModel", read_saved_model
        raise ModelError(f"{path}: holds no saved_model.pb, so it is no SavedModel; what can be imported is {KINDS}")
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file; what can be imported is {KINDS}")
    with path.open("rb") as file:
        if file.read(len(_HDF5)) == _HDF5:
            return "Keras HDF5", _keras()
    if path.suffix == ".onnx":
        from shelflens.train.importing.onnx_files import read_onnx

        return "ONNX", read_onnx
    if not zipfile.is_zipfile(path):
        raise ModelError(f"{path}: is not {KINDS}; an old torch.save file must be made anew: {_EXPORT}")
    with zipfile.ZipFile(path) as archive:
        inside = {name.partition("/")[2] or name for name in archive.namelist()}
    if "config.json" in inside and "metadata.json" in inside:
        return "Keras", _keras()
    if "constants.pkl" in inside and any(name.startswith("code/") for name in inside):
        from shelflens.train.importing.torch_files import read_torchscript

        return "TorchScript", read_torchscript
    if "archive_format" in inside or any(name.startswith("models/") for name in inside):
        from shelflens.train.importing.torch_files import read_exported

        return "torch.export", read_exported
    if "data.pkl" in inside:
        raise ModelError(
            f"{path}: holds weights, or a pickled network, but not how the network computes (and unpickling runs "
            f"whatever code is in the file). Where the network's code is: {_EXPORT}"
        )
    raise ModelError(f"{path}: is an archive, but not {KINDS}")


def _keras() -> Reader:
    from shelflens.train.importing.keras_files import read_keras

    return read_keras


_EXPORT = 'torch.export.save(torch.export.export(net.eval(), (torch.zeros(1, 3, 224, 224),)), "net.pt2")'

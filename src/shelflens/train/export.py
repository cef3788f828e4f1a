"""A torch network to ONNX files that are served without torch: checked against torch before anybody gets them."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from shelflens.errors import ModelError
from shelflens.network.session import open_session
from shelflens.train.learner import Output
from shelflens.train.quiet import QuietExporter

_LEAST_COSINE = 0.9999  # between torch's and ONNX Runtime's vector of the same photo
_MOST_DIFFERENCE = 0.01  # between their logits, as a share of the largest


@dataclass(frozen=True, slots=True)
class Parity:
    """How far ONNX Runtime is from torch on the photos that were compared."""

    photos: int
    least_cosine: float  # of vectors
    most_difference: float  # of logits, relative to the largest


class _Outputs(nn.Module):
    """The outputs in the order of their names, without the one that is not there."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        output: Output = self.network(pixels)
        return tuple(tensor for tensor in output if tensor is not None)


def write_onnx(network: nn.Module, size: int, path: Path) -> None:
    """pixels (B, 3, size, size) -> embedding (B, dimension), logits (B, classes) and, of a network with one trained
    map, activations (B, channels, h, w): the map before pooling."""
    network = _Outputs(copy.deepcopy(network).cpu().eval())
    with torch.no_grad():
        outputs = ["embedding", "logits", "activations"][: len(network(torch.zeros(2, 3, size, size)))]
    write_module(network, size, path, outputs=outputs)


def write_module(module: nn.Module, size: int, path: Path, *, outputs: Sequence[str]) -> None:
    """pixels (B, 3, size, size) -> whatever `module`, on the CPU and not in training, returns, by these names."""
    example = torch.zeros(2, 3, size, size)
    with warnings.catch_warnings(), QuietExporter():
        warnings.simplefilter("ignore")  # the exporter's own, about its own parts
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            input_names=["pixels"],
            output_names=list(outputs),
            dynamic_shapes=({0: "B"},),
            optimize=True,
            verbose=False,
        )
    write_program(program, path)


def write_program(program: torch.onnx.ONNXProgram, path: Path) -> None:
    """Checked, and without the exporter's notes; equal networks give equal bytes."""
    model = program.model_proto
    model.producer_name = "shelflens"
    _forget_source(model)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def check_parity(network: nn.Module, path: Path, pixels: NDArray[np.float32]) -> Parity:
    """Both networks on the same photos, (N, 3, size, size). Raises ModelError when they disagree."""
    session = open_session(path, threads=0)
    network = copy.deepcopy(network).cpu().eval()
    cosines, differences = [], []
    for tensor in pixels:
        vector, logits = session.run(["embedding", "logits"], {"pixels": tensor[None]})
        with torch.no_grad():
            expected: Output = network(torch.from_numpy(tensor[None]))
        cosines.append(float((vector * expected.vectors.numpy()).sum()))
        gap = np.abs(logits - expected.logits.numpy()).max()
        differences.append(float(gap / max(1.0, float(expected.logits.abs().max()))))
    parity = Parity(len(pixels), min(cosines), max(differences))
    if parity.least_cosine < _LEAST_COSINE or parity.most_difference > _MOST_DIFFERENCE:
        raise ModelError(
            f"{path.name} does not do what the torch network does (cosine {parity.least_cosine:.6f}, logits off by "
            f"{parity.most_difference:.2%}); report this with the versions of torch, onnx and onnxruntime"
        )
    return parity


def output_dimension(path: Path) -> int:
    """Components of the exported vector."""
    (embedding,) = [output for output in open_session(path, threads=1).get_outputs() if output.name == "embedding"]
    return int(embedding.shape[-1])


def _forget_source(model: onnx.ModelProto) -> None:
    """Takes away the exporter's notes, among which are file names of the machine that trained."""
    for thing in (model, model.graph, *model.graph.node, *model.graph.input, *model.graph.output):
        del thing.metadata_props[:]
        thing.doc_string = ""
    del model.graph.value_info[:]

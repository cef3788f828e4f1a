"""Silence for torch's ONNX exporter."""

from __future__ import annotations

import logging


class QuietExporter:
    """The exporter logs what it lacks (torchvision's operators) although the network has none of them."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("torch.onnx")
        self._level = self._logger.level
        self._logger.setLevel(logging.ERROR)

    def __exit__(self, *_: object) -> None:
        self._logger.setLevel(self._level)

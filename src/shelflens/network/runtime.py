"""How onnxruntime runs in this process, beyond what a network is opened with. Settled once, at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CPU: Final = "cpu"


@dataclass(slots=True)
class Runtime:
    device: str = CPU  # one of `network.devices.PROVIDERS`
    arena: bool = True  # keep the memory of a run for the next: a little faster, and never given back


RUNTIME: Final = Runtime()

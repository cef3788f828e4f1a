"""From a backbone's name to the backbone."""

from __future__ import annotations

from shelflens import plug
from shelflens.train.backbones.base import Backbone


def load_backbone(name: str) -> Backbone:
    """From a name such as `lite0`, `tutorial:64`, `joined:lite0,lite2`, or what a package brings. Raises
    ShelflensError that lists what there is."""
    kind, _, reference = name.partition(":")
    backbone: Backbone = plug.find("backbones", kind)(reference)
    return backbone

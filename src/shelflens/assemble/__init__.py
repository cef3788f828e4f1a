"""Settings to working objects: the one place that decides which implementation runs. `shelflens.open` is here."""

from shelflens.assemble.catalogue import Catalogue
from shelflens.assemble.documents import CALIBRATION, RANKING
from shelflens.assemble.evidence import can_look_closer
from shelflens.assemble.facts import Info
from shelflens.assemble.model import DEFAULT_MODEL
from shelflens.assemble.moving import Moved, move
from shelflens.assemble.opening import open_catalogue

__all__ = [
    "CALIBRATION",
    "DEFAULT_MODEL",
    "RANKING",
    "Catalogue",
    "Info",
    "can_look_closer",
    "open_catalogue",
    "Moved",
    "move",
]

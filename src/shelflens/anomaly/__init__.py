"""Quality inspection: how unlike the good ones is this, and where? (PatchCore, Roth et al., CVPR 2022)"""

from shelflens.anomaly.fitting import FEWEST, fit
from shelflens.anomaly.model import AnomalyModel, Finding
from shelflens.anomaly.patches import PatchNetwork

__all__ = ["FEWEST", "AnomalyModel", "Finding", "PatchNetwork", "fit"]

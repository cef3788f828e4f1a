"""How well `shelflens anomaly` tells drawn products with drawn faults from good ones: `python -m bench.inspection`.

The settings were chosen on products 0, 5, 52 and 74 of the assortment; those judged here are others.
"""

from __future__ import annotations

import argparse

import numpy as np

from shelflens.anomaly import PatchNetwork, fit
from shelflens.demo.assortment import assortment
from shelflens.demo.inspection import FAULTS, inspected
from shelflens.metrics.calibration import auroc

PRODUCTS = (12, 20, 44, 60, 88, 99, 107)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--good", type=int, default=24, help="photos to learn from")
    parser.add_argument("--checked", type=int, default=8, help="good photos, and photos with each fault, to judge")
    arguments = parser.parse_args()
    items, network = assortment(120), PatchNetwork(threads=0)
    print(f"| product | {' | '.join(FAULTS)} | all | suspicious: good | faulty |")
    print("|---|" + "---|" * (len(FAULTS) + 3))
    every = []
    for number in PRODUCTS:
        item = items[number]
        model = fit((inspected(item, seed=seed) for seed in range(arguments.good)), network)
        checked = range(arguments.checked)
        good = np.array([model.find(inspected(item, seed=10_000 + n), network).score for n in checked])
        bad = {
            fault: np.array([model.find(inspected(item, seed=20_000 + n, fault=fault), network).score for n in checked])
            for fault in FAULTS
        }
        faulty = np.concatenate(list(bad.values()))
        every.append(auroc(faulty, good))
        cells = [*(f"{auroc(scores, good):.3f}" for scores in bad.values()), f"**{every[-1]:.3f}**"]
        shares = [f"{(scores > model.threshold).mean():.0%}" for scores in (good, faulty)]
        print(f"| {item.product_id} | {' | '.join(cells + shares)} |", flush=True)
    print(f"Mean AUROC {np.mean(every):.3f}, least {min(every):.3f}")


if __name__ == "__main__":
    main()

"""Connected regions of a mask, and their boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shelflens.types import Box

Mask = NDArray[np.bool_]  # (h, w)


def largest(mask: Mask, *, all_above: float | None = None) -> Mask:
    """The largest 4-connected region, the first of equals in reading order; with `all_above`, every other that fills
    more than this share of the mask, too."""
    labels = regions(mask)
    sizes = np.bincount(labels.ravel())
    if len(sizes) < 2:
        return np.zeros_like(mask)
    sizes[0] = 0
    kept = np.zeros(len(sizes), dtype=np.bool_)
    kept[sizes.argmax()] = True
    if all_above is not None:
        kept |= sizes > all_above * mask.size
    chosen: Mask = kept[labels]
    return chosen


def regions(mask: Mask) -> NDArray[np.int64]:
    """(h, w): 0 outside, 1, 2, ... per 4-connected region, in reading order of their first cells.

    Runs of each row are joined with the runs that they touch in the row above (union-find).
    """
    width = mask.shape[1]
    padded = np.zeros((mask.shape[0], width + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    edges = np.diff(padded, axis=1)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]
    parent = list(range(len(rows)))

    def root(run: int) -> int:
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    first_of_row = np.searchsorted(rows, np.arange(mask.shape[0] + 1))
    for row in range(1, mask.shape[0]):
        above, below, last = int(first_of_row[row - 1]), int(first_of_row[row]), int(first_of_row[row + 1])
        run = below
        while above < below and run < last:
            if starts[above] < ends[run] and starts[run] < ends[above]:
                one, other = sorted((root(above), root(run)))
                parent[other] = one
            if ends[above] < ends[run]:
                above += 1
            else:
                run += 1
    numbers: dict[int, int] = {}
    labels = np.zeros(mask.shape, dtype=np.int64)
    for run, (row, start, end) in enumerate(zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True)):
        labels[row, start:end] = numbers.setdefault(root(run), len(numbers) + 1)
    return labels


def box_of(mask: Mask) -> Box:
    """The smallest box around a mask that has at least one cell."""
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    height, width = mask.shape
    return Box(
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )

"""All evidence in one number, to order candidates where nothing was calibrated on the shop's own photos.

A sum of evidence, as of independent log-likelihoods (naive Bayes): 0.05 of cosine, a factor of e in agreeing points,
and 0.2 of the words' cosine weigh the same. Round numbers, chosen on the Grocery photos (docs/evidence-ranking.md);
`shelflens calibrate` fits better ones.
"""

from __future__ import annotations

import math

SIMILARITY = 20.0
LOCAL = 1.0  # of log(1 + points)
WORDS = 5.0
DEPTH = 50  # candidates that are worth looking at more closely


def combined(similarity: float, *, local: float | None = None, words: float | None = None) -> float:
    """Higher is better. `similarity` is a cosine, -1..1; `local` and `words` are their verifiers' values, None where
    they could not say anything."""
    return SIMILARITY * similarity + LOCAL * math.log1p(local or 0.0) + WORDS * (words or 0.0)

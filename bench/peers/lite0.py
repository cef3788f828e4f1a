"""shelflens' own bundled model for peers that take an embedding function, so that engines are compared, not models."""

from __future__ import annotations

from bench.bare import BareModel, Recipe
from bench.peers.job import Job


def load(job: Job) -> BareModel:
    """With all cores for each call: peers call it from one thread."""
    return BareModel(Recipe(job.model, job.size, job.crop_share, job.mean, job.std), threads=job.threads)

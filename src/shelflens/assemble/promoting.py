"""The same catalogue with another of its models, and the end of those that searches do not use."""

from __future__ import annotations

from dataclasses import replace

from shelflens.assemble.documents import CALIBRATION, RANKING, TEXTS, TOWER
from shelflens.assemble.parts import Parts
from shelflens.assemble.vectors import forget_vectors
from shelflens.embed.loading import load_embedder
from shelflens.errors import CatalogueError
from shelflens.promotion import Dropped
from shelflens.promotion import drop_others as drop_spaces


def beside(parts: Parts, model: str) -> Parts:
    """What searches would be made of if they used the model. Raises CatalogueError when they do."""
    manifest = load_embedder(model, threads=1).manifest
    if manifest.space == parts.space.name:
        raise CatalogueError(f"{parts.path} uses {manifest.name} already (space {manifest.space})")
    space = parts.records.add_space(manifest)
    other = parts.with_model(model, space=space)
    if parts.ranking.views and not other.documents.ranking:  # which suit any model; a whitening is one model's
        other.documents.keep_ranking(replace(parts.ranking, whitening=None))
    return other


def drop_others(parts: Parts) -> tuple[Dropped, ...]:
    """With their documents and index files."""
    manifests = parts.records.spaces()
    dropped = drop_spaces(parts.records, documents=(CALIBRATION, RANKING, TEXTS, TOWER))
    for one in dropped:
        for file in parts.index_directory.glob(f"{one.model.space}.*"):
            file.unlink(missing_ok=True)
        forget_vectors(
            parts.records, manifests[one.model.space], location=parts.path, login=parts.settings.vectors_login
        )
    return dropped

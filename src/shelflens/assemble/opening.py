"""A directory, or a database, becomes a catalogue: `shelflens.open`."""

from __future__ import annotations

import os

from shelflens.assemble.catalogue import Catalogue
from shelflens.assemble.model import DEFAULT_MODEL
from shelflens.assemble.parts import Parts
from shelflens.assemble.store import open_store
from shelflens.assemble.vectors import settle_vectors
from shelflens.indexing.loading import load_workers
from shelflens.manifest import located_name, split_name
from shelflens.picture import Limits
from shelflens.records.address import Location, location
from shelflens.settings import Settings, from_environment


def open_catalogue(
    path: str | Location,
    *,
    create: bool = False,
    model: str | None = None,
    locate: str | None = None,
    settings: Settings | None = None,
    limits: Limits | None = None,
    vectors: str | None = None,
    workers: str | None = None,
) -> Catalogue:
    """Opens the catalogue in a directory, or at an address (`postgres://USER@HOST/DATABASE?catalogue=NAME`); with
    `create`, makes it when nothing is there.

    `model` names the embedder of a new catalogue (default lite0), `locate` what of a picture it sees: "whole", "auto",
    "plain", "activations", "detector:PATH"; None: what suits the first pictures that are indexed. A catalogue keeps
    what it was made with. `limits` are those of one picture. `vectors` is what searches ask from now
    on: "milvus://HOST:PORT", "pgvector" (its own database), or "own" (memory); None: what they asked till now.
    `workers` do what is done to many photos: "ray:auto", "ray:local", "ray:HOST:PORT" (docs/scale.md); None: threads
    of this process. The outcome is the same.
    """
    settings = settings or from_environment(os.environ)
    if workers is not None:
        load_workers(workers, cores=settings.cores)  # a wrong name is told at once
    store = open_store(location(path), create=create, cache=settings.cache)
    if vectors is not None:
        settle_vectors(store.records, vectors, location=store.location)
    chosen = locate is not None or (model is not None and split_name(model)[1] != model)
    parts = Parts(
        store,
        model=located_name(locate, model or DEFAULT_MODEL) if locate not in (None, "whole") else model,
        settings=settings,
        limits=limits,
        may_locate=not chosen,
        workers=workers,
    )
    return Catalogue(parts)

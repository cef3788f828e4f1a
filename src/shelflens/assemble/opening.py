"""A directory becomes a catalogue: `shelflens.open`."""

from __future__ import annotations

import os
from pathlib import Path

from shelflens import plug
from shelflens.assemble.catalogue import Catalogue
from shelflens.assemble.model import DEFAULT_MODEL
from shelflens.assemble.parts import Parts
from shelflens.errors import CatalogueError
from shelflens.manifest import located_name, split_name
from shelflens.picture import Limits
from shelflens.records.base import Records
from shelflens.settings import Settings, from_environment


def open_catalogue(
    path: str | Path,
    *,
    create: bool = False,
    model: str | None = None,
    locate: str | None = None,
    settings: Settings | None = None,
    limits: Limits | None = None,
) -> Catalogue:
    """Opens the catalogue in a directory; with `create`, makes it when nothing is there.

    `model` names the embedder of a new catalogue (default lite0), `locate` what of a picture it sees: "whole", "auto",
    "plain", "activations", "detector:PATH"; None: what suits the first pictures that are indexed. A catalogue keeps
    what it was made with. `limits` are those of one picture.
    """
    path = Path(path)
    if not path.exists() and not create:
        raise CatalogueError(f"no catalogue at {path}; make one: shelflens index {path} SOURCE")
    records: Records = plug.find("records", "sqlite")(path, create=create)
    chosen = locate is not None or (model is not None and split_name(model)[1] != model)
    parts = Parts(
        path,
        records,
        model=located_name(locate, model or DEFAULT_MODEL) if locate not in (None, "whole") else model,
        settings=settings or from_environment(os.environ),
        limits=limits,
        may_locate=not chosen,
    )
    return Catalogue(parts)

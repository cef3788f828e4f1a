"""`shelflens models`: which networks there are, and getting one before the network is gone."""

from __future__ import annotations

import click

from shelflens import plug
from shelflens.cli.import_model import import_model
from shelflens.cli.options import json_option
from shelflens.cli.output import print_json
from shelflens.embed.hub_models import HUB_MODELS
from shelflens.embed.loading import load_embedder

#: Names that want something after a colon, and how that is said.
TAKING_MORE = {
    "joined": "joined:lite0,lite2  (several as one: better and slower)",
    "located": "located:auto,lite0  (sees the main body: docs/locating.md)",
    "bovw": "bovw:sift, bovw:orb, bovw:akaze  (bags of visual words, the classical baseline)",
    "onnx": "onnx:PATH  (a network of your own, with its manifest beside it)",
    "hub": "",  # listed one by one
}


@click.group()
def models() -> None:
    """Lists embedding models, fetches those of the hub, and imports those of other frameworks."""


@models.command("list")
@json_option
def list_models(*, as_json: bool) -> None:
    """Every name that `index --model` takes."""
    hub = {
        f"hub:{name}": {"dimension": model.dimension, "megabytes": model.megabytes, "licence": model.licence}
        for name, model in HUB_MODELS.items()
    }
    local = [name for name in plug.names("embedders") if name not in TAKING_MORE]
    if as_json:
        print_json({"installed": local, "hub": hub})
        return
    for name in local:
        click.echo(name)
    for gloss in filter(None, TAKING_MORE.values()):
        click.echo(gloss)
    for name, model in hub.items():
        click.echo(f"{name}  ({model['dimension']} dimensions, {model['megabytes']} MB, {model['licence']})")


@models.command()
@click.argument("name")
@json_option
def fetch(name: str, *, as_json: bool) -> None:
    """Downloads a model, checks it, and shows its licence: `shelflens models fetch hub:dinov2-small`."""
    manifest = load_embedder(name).manifest
    if as_json:
        print_json(
            {
                "model": manifest.name,
                "space": manifest.space,
                "dimension": manifest.dimension,
                "licence": manifest.licence,
                "sha256": manifest.sha256,
            }
        )
    else:
        click.echo(f"{manifest.name}: {manifest.dimension} dimensions, licence {manifest.licence}, {manifest.source}")


models.add_command(import_model)

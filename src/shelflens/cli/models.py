"""`shelflens models`: which models there are."""

from __future__ import annotations

import click

from shelflens import plug
from shelflens.cli.options import json_option
from shelflens.cli.output import plain, print_json
from shelflens.embed.loading import load_embedder


@click.group()
def models() -> None:
    """Lists and fetches models."""

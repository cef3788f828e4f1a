"""`shelflens`: the group of commands, and what its exit codes mean.

0: done. 1: an error that the message explains. 2: the command line itself is off. 3: done, but some rows or photos
could not be used. 4: a model was not promoted, for the reasons given. 130: stopped by the user; the same command
goes on where it stopped.
"""

from __future__ import annotations

import logging
import os

import click

from shelflens import __version__
from shelflens.cli.anomaly import anomaly
from shelflens.cli.calibrate import calibrate
from shelflens.cli.catalogue import export, info, remove
from shelflens.cli.classify import classify
from shelflens.cli.demo import demo
from shelflens.cli.describe import describe, tag
from shelflens.cli.doctor import doctor
from shelflens.cli.duplicates import duplicates
from shelflens.cli.evaluate import evaluate
from shelflens.cli.evaluate_model import evaluate_model
from shelflens.cli.find_in_video import find_in_video
from shelflens.cli.index import index
from shelflens.cli.learn_words import learn_words
from shelflens.cli.match import match
from shelflens.cli.models import models
from shelflens.cli.move import move
from shelflens.cli.promote import promote
from shelflens.cli.search import search
from shelflens.cli.serve import keys, serve
from shelflens.cli.shoppers import feedback, recommend
from shelflens.cli.train import train
from shelflens.cli.tune_machine import tune_machine
from shelflens.cli.upgrade import upgrade
from shelflens.cli.watch import watch
from shelflens.errors import ShelflensError
from shelflens.network.runtime import RUNTIME
from shelflens.settings import from_environment


class Commands(click.Group):
    """Turns an error that the user can mend into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ShelflensError as error:
            click.echo(f"shelflens: {error}", err=True)
            ctx.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shelflens")
def main() -> None:
    """Find products from pictures, in your own catalogue, on your own machine."""
    logging.getLogger("PIL").setLevel(logging.CRITICAL)  # damaged files are reported, once, by us
    RUNTIME.device = from_environment(os.environ).device


for command in (
    demo,
    duplicates,
    doctor,
    index,
    search,
    match,
    train,
    promote,
    upgrade,
    classify,
    describe,
    tag,
    feedback,
    recommend,
    anomaly,
    evaluate,
    evaluate_model,
    calibrate,
    learn_words,
    info,
    remove,
    export,
    move,
    models,
    tune_machine,
    serve,
    keys,
    watch,
    find_in_video,
):
    main.add_command(command)

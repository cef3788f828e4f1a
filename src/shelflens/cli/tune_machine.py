"""`shelflens tune-machine`: what is fastest here, measured once, used from then on."""

from __future__ import annotations

import os
from dataclasses import asdict

import click

from shelflens.assemble import DEFAULT_MODEL
from shelflens.assemble.measuring import SURELY, measure
from shelflens.assemble.tuning import path, this_machine, write
from shelflens.cli.options import json_option
from shelflens.cli.output import plain, print_json
from shelflens.settings import from_environment


@click.command("tune-machine")
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="The model that is to run.")
@click.option("--forget", is_flag=True, help="Forget what was measured.")
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def tune_machine(*, model: str, forget: bool, quiet: bool, as_json: bool) -> None:
    """Measures how many threads and workers, and which use of memory, are fastest on this machine.

    `index`, `serve` and all else use it from then on, until the machine or onnxruntime is another; SHELFLENS_THREADS
    goes before it. Let the machine do nothing else meanwhile: it takes some seconds a core.
    """
    settings = from_environment(os.environ)
    if forget:
        path(settings).unlink(missing_ok=True)
        click.echo(f"{path(settings)} is gone; the usual settings are used")
        return
    tuning, tried = measure(
        model, settings, on_tried=lambda what: None if quiet else click.echo(f"measuring {what} ...", err=True)
    )
    file = write(tuning, settings)
    if as_json:
        print_json({"machine": this_machine(settings), **asdict(tuning), "tried": [plain(one) for one in tried]})
        return
    click.echo(f"{this_machine(settings)}; {model}")
    for one in tried:
        mark = "*" if one.chosen else " "
        click.echo(f"{mark} {one.what}: {one.how:26} {one.ms:7.1f} ms a picture, x {one.speed:.2f}")
    click.echo(f"* is taken: the simplest that nothing else beats by {SURELY - 1:.0%}. Kept in {file}")

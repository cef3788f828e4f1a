"""`shelflens learn-words`: what do the words of this catalogue look like?"""

from __future__ import annotations

import click

from shelflens.assemble import open_catalogue
from shelflens.cli.options import catalogue_argument, json_option
from shelflens.cli.output import plain, print_json
from shelflens.cli.progress import StagedProgress
from shelflens.cli.remote import only_here, remote, server_options, work
from shelflens.embed.texts import TOWER, TextChoice
from shelflens.records.address import Location


@click.command("learn-words")
@catalogue_argument
@click.option(
    "--model",
    default=TOWER,
    show_default=True,
    help="tower: learnt here; or the catalogue's own model where it knows words: hub:clip-base.",
)
@server_options
@json_option
def learn_words(*, catalogue: Location, model: str, server: str | None, key: str | None, as_json: bool) -> None:
    """Learns from CATALOGUE's own texts and photos what words look like, for `search --text`. Run it again when many
    products have changed."""
    if server:
        only_here(model=None if model == TOWER else model)
        with remote(server, key, str(catalogue)) as there:
            choice = TextChoice(**work(there, "learn-words", quiet=as_json))
    else:
        with open_catalogue(catalogue) as opened, StagedProgress("products", quiet=as_json) as bar:
            choice = opened.learn_words(model=model, on_progress=bar.show)
    if as_json:
        print_json(plain(choice))
        return
    click.echo(f"Learnt from {choice.products} products; asked {choice.questions} held-out halves of what they say.")
    click.echo("The right product among the first five:")
    click.echo(f"  {choice.top5_text:.3f}  words compared with words")
    click.echo(f"  {choice.top5_looks:.3f}  words compared with photos")
    click.echo(f"  {choice.top5:.3f}  both, photos counting {choice.share:.0%}: searches by words do so from now on")

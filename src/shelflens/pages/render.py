"""The templates' environment: everything escaped, nothing undefined passes silently."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shelflens.pages import chart
from shelflens.pages.texts import ENGLISH

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: object) -> str:
    """The page; `values` are the template's own."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("shelflens.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # As globals, which imported macros see, too.
    environment.globals.update(t=ENGLISH, size=chart)
    environment.filters.update(data_uri=data_uri, percent=percent, price=price, web_link=web_link)
    return environment


def data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def percent(share: float) -> str:
    """One decimal, as retrieval papers print it: 0.6049 is 60.5."""
    return f"{100 * share:.1f}"


def price(amount: float) -> str:
    """In the catalogue's own currency, which it does not name: 30, 12.50."""
    return f"{amount:,.0f}" if amount == round(amount) else f"{amount:,.2f}"


def web_link(url: str) -> str:
    """The address if a browser may follow it; empty for any other scheme (a feed could bring `javascript:`)."""
    return url if urlsplit(url).scheme in ("http", "https") else ""

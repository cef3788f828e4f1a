"""A typed client of the HTTP API: the same nouns come back as from a catalogue on this machine.

from shelflens.client import Client

with Client("http://127.0.0.1:8000", key="…") as client:
    for match in client.catalogue("shop").search("photo.jpg", k=5):
        print(match.product.title, match.probability)
"""

from shelflens.client.answering import Answer, Comparison, Contribution, Explanation, Line, Region
from shelflens.client.asking import Wish
from shelflens.client.catalogue import RemoteCatalogue
from shelflens.client.connection import Client, ServerError
from shelflens.client.facts import CalibrationInfo, Columns, Facet, FacetValue, Model, ReportInfo
from shelflens.client.reading import CatalogueInfo, Job, Page, RowResult
from shelflens.client.shopper import (
    Classification,
    Classified,
    Colour,
    Description,
    Event,
    FeedbackResult,
    Label,
    Recommendation,
)
from shelflens.client.watching import InView, RemoteWatch, Seen, Stream

__all__ = [
    "Answer",
    "CalibrationInfo",
    "CatalogueInfo",
    "Classification",
    "Classified",
    "Client",
    "Colour",
    "Columns",
    "Comparison",
    "Contribution",
    "Description",
    "Event",
    "Explanation",
    "Facet",
    "FacetValue",
    "FeedbackResult",
    "InView",
    "Job",
    "Label",
    "Line",
    "Model",
    "Page",
    "Recommendation",
    "Region",
    "RemoteCatalogue",
    "RemoteWatch",
    "ReportInfo",
    "RowResult",
    "Seen",
    "ServerError",
    "Stream",
    "Wish",
]

"""A typed client of the HTTP API: the same nouns come back as from a catalogue on this machine.

from shelflens.client import Client

with Client("http://127.0.0.1:8000", key="…") as client:
    for match in client.catalogue("shop").search("photo.jpg", k=5):
        print(match.product.title, match.probability)
"""

from shelflens.client.asking import Wish
from shelflens.client.catalogue import RemoteCatalogue
from shelflens.client.connection import Client, ServerError
from shelflens.client.reading import Answer, CatalogueInfo, Comparison, Job, Page, RowResult
from shelflens.client.shopper import Colour, Description, Event, FeedbackResult, Recommendation

__all__ = [
    "Answer",
    "CatalogueInfo",
    "Client",
    "Colour",
    "Comparison",
    "Description",
    "Event",
    "FeedbackResult",
    "Job",
    "Page",
    "Recommendation",
    "RemoteCatalogue",
    "RowResult",
    "ServerError",
    "Wish",
]

"""From feeds to records: read, embed, keep; and out again."""

from shelflens.indexing.describer import Described, Describer, place_of
from shelflens.indexing.indexer import Indexer, Progress, Report
from shelflens.indexing.locating import Framing, look_at_framing
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.reembedder import Reembedded, Reembedder
from shelflens.indexing.uploads import Uploads

__all__ = [
    "Described",
    "Describer",
    "Framing",
    "Indexer",
    "PhotoReader",
    "Progress",
    "Reembedded",
    "Reembedder",
    "Report",
    "Uploads",
    "look_at_framing",
    "place_of",
]

"""From feeds to records: read, embed, keep; and out again."""

from shelflens.indexing.describer import Described, Describer, place_of
from shelflens.indexing.indexer import Indexer, Progress, Report
from shelflens.indexing.reading import PhotoReader
from shelflens.indexing.reembedder import Reembedded, Reembedder
from shelflens.indexing.uploads import Uploads

__all__ = [
    "Described",
    "Describer",
    "Indexer",
    "PhotoReader",
    "Progress",
    "Reembedded",
    "Reembedder",
    "Report",
    "Uploads",
    "place_of",
]

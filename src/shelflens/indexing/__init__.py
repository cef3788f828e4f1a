"""From feeds to records: read, embed, keep; and out again."""

from shelflens.indexing.beside import placed
from shelflens.indexing.crew import Crew, Progress
from shelflens.indexing.describer import Described, Describer
from shelflens.indexing.indexer import Indexer, Report
from shelflens.indexing.locating import Framing, look_at_framing
from shelflens.indexing.reading import PhotoReader, place_of
from shelflens.indexing.reembedder import Reembedded, Reembedder
from shelflens.indexing.uploads import FolderUploads, SharedUploads, Uploads

__all__ = [
    "Crew",
    "Described",
    "Describer",
    "Framing",
    "Indexer",
    "PhotoReader",
    "Progress",
    "Reembedded",
    "Reembedder",
    "Report",
    "FolderUploads",
    "SharedUploads",
    "Uploads",
    "look_at_framing",
    "placed",
    "place_of",
]

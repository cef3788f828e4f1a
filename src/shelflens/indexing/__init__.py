"""From feeds to records: read, embed, keep; and out again."""

from shelflens.indexing.indexer import Indexer, Progress, Report
from shelflens.indexing.reading import PhotoReader

__all__ = ["Indexer", "PhotoReader", "Progress", "Report"]

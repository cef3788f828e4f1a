"""From a query to matches: composes the protocols, knows no implementation."""

from shelflens.search.gallery import Gallery
from shelflens.search.searcher import Answer, Options, Searcher

__all__ = ["Answer", "Gallery", "Options", "Searcher"]

"""From a query to matches: composes the protocols, knows no implementation."""

from shelflens.search.gallery import Gallery
from shelflens.search.searcher import Answer, Options, Searcher
from shelflens.search.verification import Verification
from shelflens.search.view import PhotoLike, View, open_view
from shelflens.search.wish import Wish

__all__ = ["Answer", "Gallery", "Options", "PhotoLike", "Searcher", "Verification", "View", "Wish", "open_view"]

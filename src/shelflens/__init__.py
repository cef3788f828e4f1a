"""shelflens finds, matches and recognises products from pictures."""

from __future__ import annotations

__version__ = "0.1.0"

"""A shop that nobody owns, drawn: products, catalogue pictures, shop photos, the truth about them."""

from shelflens.demo.drawing import Demo, draw

__all__ = ["Demo", "draw"]

"""Views of a picture whose vectors are averaged: mirrored, and closer to the middle.

Averaging over mirrored and cropped copies at test time: Krizhevsky, Sutskever and Hinton, NIPS 2012, section 4.1.
"""

from __future__ import annotations

from PIL import Image, ImageOps

ZOOM = 0.75  # of width and height that the closer view keeps


def gallery_views(picture: Image.Image) -> tuple[Image.Image, ...]:
    """As it is, and mirrored: a catalogue picture is framed well already, and closer views cost Recall@1."""
    return picture, ImageOps.mirror(picture)


def query_views(picture: Image.Image) -> tuple[Image.Image, ...]:
    """As it is, mirrored, and closer: people leave room around what they photograph."""
    return picture, ImageOps.mirror(picture), closer(picture)


def closer(picture: Image.Image) -> Image.Image:
    """The middle of the picture, at least one pixel."""
    width, height = picture.size
    left, top = round(width * (1 - ZOOM) / 2), round(height * (1 - ZOOM) / 2)
    return picture.crop((left, top, max(left + 1, width - left), max(top + 1, height - top)))

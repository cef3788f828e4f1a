"""How large a picture may be, judged from its length and header, before a decoder allocates anything."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.errors import PictureError


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds for one picture; whoever opens foreign pictures may lower them.

    A decoded pixel takes 4 bytes, so the default keeps one picture under 0.5 GB: room for a phone's
    108-megapixel photo, none for a bomb.
    """

    max_bytes: int = 64 * 1024 * 1024  # of the file
    max_pixels: int = 120_000_000  # width * height, as stored in the file
    max_side: int = 30_000  # pixels

    def check_bytes(self, count: int, name: str) -> None:
        """Raise PictureError for an empty file and for one that is too long."""
        if count == 0:
            raise PictureError(f"{name}: empty (0 bytes); a picture file is needed")
        if count > self.max_bytes:
            raise PictureError(f"{name}: {count} bytes; at most {self.max_bytes} are read")

    def check_size(self, width: int, height: int, name: str) -> None:
        """Raise PictureError for a picture without pixels and for one that has too many."""
        if width < 1 or height < 1:
            raise PictureError(f"{name}: {width} x {height} pixels; at least 1 x 1 is needed")
        if max(width, height) > self.max_side:
            raise PictureError(f"{name}: {width} x {height} pixels; no side may have more than {self.max_side}")
        if width * height > self.max_pixels:
            raise PictureError(f"{name}: {width} x {height} pixels; at most {self.max_pixels} in all are decoded")

"""The outside world's pictures, checked once: bytes, files, URLs, PIL images or arrays to upright sRGB."""

from shelflens.picture.cutting import cut, edges
from shelflens.picture.fetch import Fetcher, FetchPolicy, fetch, open_url
from shelflens.picture.limits import Limits
from shelflens.picture.opening import Picture, digest, open_array, open_bytes, open_file, open_image, read_file
from shelflens.picture.pixels import decode_side, fit, pixels
from shelflens.picture.thumbnail import thumbnail

__all__ = [
    "Fetcher",
    "FetchPolicy",
    "Limits",
    "Picture",
    "cut",
    "decode_side",
    "digest",
    "edges",
    "fetch",
    "fit",
    "open_array",
    "open_bytes",
    "open_file",
    "open_image",
    "open_url",
    "pixels",
    "read_file",
    "thumbnail",
]

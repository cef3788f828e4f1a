"""Pictures and products on their way to a server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from shelflens.errors import PictureError
from shelflens.types import Product

PhotoLike: TypeAlias = Path | str | bytes  # a str is a path, or an address when it begins with http:// or https://


def is_address(photo: PhotoLike) -> bool:
    return isinstance(photo, str) and photo.startswith(("http://", "https://"))


def file_bytes(photo: PhotoLike) -> bytes:
    if isinstance(photo, bytes):
        return photo
    try:
        return Path(photo).read_bytes()
    except OSError as error:
        raise PictureError(f"{photo}: cannot be read ({error.strerror}); a picture file is needed") from error


def picture_json(photo: PhotoLike) -> dict[str, str]:
    return {"url": str(photo)} if is_address(photo) else {"base64": b64encode(file_bytes(photo)).decode()}


def product_json(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = {name: getattr(product, name) for name in Product.__dataclass_fields__}
    return {**found, "gtins": list(product.gtins), "attributes": dict(product.attributes)}


def rows_json(products: Sequence[tuple[Product, Sequence[PhotoLike]]]) -> list[Mapping[str, Any]]:
    return [{**product_json(product), "photos": list(map(picture_json, photos))} for product, photos in products]

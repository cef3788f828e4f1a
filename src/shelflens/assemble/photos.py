"""One photo or product at a time: taken in durably, and forgotten with the files that were kept for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shelflens.assemble.parts import Parts
from shelflens.errors import CatalogueError
from shelflens.indexing import placed
from shelflens.picture import decode_side, digest, open_bytes, thumbnail
from shelflens.records.base import Batch, Embedded
from shelflens.types import Photo
from shelflens.verify.base import key


def add_photo(parts: Parts, product_id: str, data: bytes, *, source: str) -> Photo:
    """Without a `source` the bytes are kept as a file. Raises PictureError; CatalogueError: no such product."""
    records = parts.records
    if records.product(product_id) is None:
        raise CatalogueError(f"no product {product_id!r}; put it first")
    parts.keep_up()
    embedder, photo_id = parts.embedder, digest(data)
    space = records.add_space(embedder.manifest)
    side = decode_side(embedder.manifest.preprocessing)
    picture = open_bytes(data, name=source or "the photo", side=side, limits=parts.limits)
    if records.known([photo_id], space=space):
        vector = records.vectors([photo_id], space=space)[0]
    else:
        vector = embedder.embed([picture.image])[0]
    beside = placed(data, picture, parts.companions.beside(space), side=side, limits=parts.limits)
    source = source or parts.uploads.keep(data, format=picture.format).source
    photo = Photo(photo_id, product_id, source, picture.width, picture.height)
    records.write(Batch(photos=[Embedded(photo, vector, space, thumbnail(picture.image), beside)]), space=space)
    if parts.describers:
        full = open_bytes(data, limits=parts.limits).image
        for describer in parts.describers:
            records.describe(key(describer), {photo_id: describer.describe(full)})
    return photo


def remove_photo(parts: Parts, product_id: str, photo_id: str) -> bool:
    """False when the product has no such photo."""
    keyed = [(number, photo) for number, photo in parts.records.photos_of(product_id) if photo.photo_id == photo_id]
    removed = parts.records.remove_photos(np.array([number for number, _ in keyed], np.int64)) > 0
    _forget_uploads(parts, [photo for _, photo in keyed])
    return removed


def remove_products(parts: Parts, product_ids: Sequence[str]) -> int:
    """With their photos; returns how many there were."""
    photos = [photo for one in product_ids for _, photo in parts.records.photos_of(one)] if parts.uploads else []
    removed = parts.records.remove_products(product_ids)
    _forget_uploads(parts, photos)
    return removed


def _forget_uploads(parts: Parts, photos: Sequence[Photo]) -> None:
    """The files of uploaded photos that no product has any more."""
    gone = {photo.photo_id for photo in photos}
    if gone and parts.uploads:
        parts.uploads.forget(gone - parts.records.known(sorted(gone), space=parts.space.name))

"""Upright RGB picture to tensor."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from PIL import Image

from shelflens.picture import decode_side, fit, pixels
from shelflens.types import Fit, Preprocessing


def photo(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8))


@pytest.mark.parametrize("kind", ["squash", "crop", "pad"])
@pytest.mark.parametrize("resample", ["bicubic", "bilinear", "lanczos"])
def test_tensor_is_the_fitted_picture_normalised_channel_by_channel(
    kind: Fit, resample: Literal["bicubic", "bilinear", "lanczos"]
) -> None:
    preprocessing = Preprocessing(
        size=64, fit=kind, resample=resample, mean=(123.7, 116.3, 103.5), std=(58.4, 57.1, 57.4)
    )
    picture = photo(200, 120)
    tensor = pixels(picture, preprocessing)
    assert tensor.shape == (3, 64, 64) and tensor.dtype == np.float32 and tensor.flags.c_contiguous
    fitted = fit(picture, preprocessing)
    for channel in range(3):
        for y, x in ((0, 0), (17, 40), (63, 63)):
            value = fitted.getpixel((x, y))
            assert isinstance(value, tuple)
            expected = (np.float32(value[channel]) - np.float32(preprocessing.mean[channel])) / np.float32(
                preprocessing.std[channel]
            )
            assert abs(tensor[channel, y, x] - expected) <= 1e-6


def test_crop_keeps_the_centre_and_pad_keeps_everything() -> None:
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    assert fit(picture, Preprocessing(size=50, fit="crop")).getcolors() == [(2500, (0, 0, 255))]
    padded = np.asarray(fit(picture, Preprocessing(size=60, fit="pad", crop_share=1.0, mean=(10.0, 20.0, 30.0))))
    assert padded[0, 0].tolist() == [10, 20, 30]
    assert padded[30, 5].tolist() == [255, 0, 0] and padded[30, 30].tolist() == [0, 0, 255]
    assert (padded[19] == padded[0]).all() and (padded[20] != padded[0]).any()


def test_pad_shows_a_share_of_the_padded_square() -> None:
    """300 x 100, of which the middle 150 x 150 are shown: 25 pixels of red, 100 of blue, 25 of red, over and under it
    25 of the mean."""
    picture = Image.new("RGB", (300, 100), "red")
    picture.paste("blue", (100, 0, 200, 100))
    padded = np.asarray(fit(picture, Preprocessing(size=60, fit="pad", crop_share=0.5, mean=(10.0, 20.0, 30.0))))
    assert (padded[:10] == padded[0, 0]).all() and (padded[50:] == padded[0, 0]).all()
    assert padded[0, 0].tolist() == [10, 20, 30]
    assert (padded[10:50, :8] == [255, 0, 0]).all() and (padded[10:50, 52:] == [255, 0, 0]).all()
    assert (padded[10:50, 12:48] == [0, 0, 255]).all()
    square = photo(200, 200)
    whole, shown = (Preprocessing(size=64, fit=kind, crop_share=0.8) for kind in ("pad", "crop"))
    assert np.abs(np.asarray(fit(square, whole), int) - np.asarray(fit(square, shown), int)).mean() < 12


def test_decoding_keeps_more_detail_than_the_model_sees() -> None:
    assert decode_side(Preprocessing(size=200)) == 280
    assert decode_side(Preprocessing(size=224, fit="crop", crop_share=0.875)) == 358
    assert decode_side(Preprocessing(size=224, fit="crop", crop_share=0.875, oversampling=2.0)) == 512

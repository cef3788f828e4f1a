"""What stands in the middle by itself is found, whatever its colour; distances are those of the shortest ways."""

from __future__ import annotations

import heapq

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shelflens.attributes.outline import FEATURES, NEAR, STEP, TINT, distances, features, outline
from shelflens.verify.oklab import oklab


def shortest(lab: NDArray[np.float32], starts: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Dijkstra, 1959."""
    height, width = lab.shape[:2]
    far = np.full((height, width), np.inf)
    queue = [(0.0, *start) for start in starts]
    while queue:
        so_far, row, column = heapq.heappop(queue)
        if far[row, column] < np.inf:
            continue
        far[row, column] = so_far
        for down, across in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            to = (row + down, column + across)
            if 0 <= to[0] < height and 0 <= to[1] < width:
                step = float(np.linalg.norm((lab[to] - lab[row, column]) * TINT)) + STEP
                heapq.heappush(queue, (so_far + step, *to))
    return far


def shop(thing: tuple[int, int, int], wall: tuple[int, int, int] = (180, 170, 160)) -> Image.Image:
    """A box between two that the frame cuts off, over a board."""
    photo = Image.new("RGB", (96, 80), wall)
    draw = ImageDraw.Draw(photo)
    draw.rectangle((0, 66, 96, 80), fill=(120, 90, 60))
    draw.rectangle((-5, 20, 24, 66), fill=(60, 120, 190))
    draw.rectangle((72, 26, 100, 66), fill=(190, 60, 120))
    draw.rectangle((34, 14, 62, 66), fill=thing)
    draw.rectangle((40, 26, 56, 40), fill=(250, 250, 245))
    return photo


@pytest.mark.parametrize("seed", range(3))
def test_sweeps_find_the_shortest_ways(seed: int) -> None:
    blocks = np.random.default_rng(seed).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    lab = oklab(np.asarray(Image.fromarray(blocks).resize((24, 20), Image.Resampling.BILINEAR)))
    height, width = lab.shape[:2]
    sides = {
        0: [(0, column) for column in range(width)],
        1: [(height - 1, column) for column in range(width)],
        2: [(row, 0) for row in range(height)],
        3: [(row, width - 1) for row in range(height)],
    }
    found = distances(lab)
    for side, starts in sides.items():
        right = shortest(lab, starts)
        assert (found[side] >= right - 1e-4).all()
        assert np.quantile(found[side] - right, 0.95) < 0.05


@pytest.mark.parametrize("thing", [(200, 40, 40), (20, 150, 70), (240, 240, 240), (20, 20, 22), (235, 200, 60)])
def test_the_thing_in_the_middle_is_found_and_its_neighbours_are_not(thing: tuple[int, int, int]) -> None:
    chances = outline(oklab(np.asarray(shop(thing))))
    truth = np.zeros((80, 96), bool)
    truth[14:66, 34:62] = True
    found = chances > 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.75
    assert chances[30:60, :20].max() < 0.5 > chances[30:60, 76:].max()


def test_a_mirrored_picture_has_mirrored_features() -> None:
    picture = shop((200, 40, 40))
    plain = features(oklab(np.asarray(picture)))
    turned = features(oklab(np.asarray(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))))[:, ::-1]
    assert plain.shape == (80, 96, FEATURES)
    np.testing.assert_allclose(turned[..., [0, 1, 2, 3, 4, 6, 5, 7]], plain, atol=0.05)


def test_a_picture_of_one_colour_has_no_edges() -> None:
    found = features(oklab(np.full((40, 40, 3), 90, np.uint8)))
    assert np.isfinite(found).all()
    assert found[0, 0, 2] == pytest.approx(np.log(NEAR))

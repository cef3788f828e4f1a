"""Fits the network that finds the thing in the middle of a cluttered picture, and how far to believe its highlights.

    python tools/learn_outline.py             # writes src/shelflens/attributes/outline.onnx
    python tools/learn_outline.py --judge     # judges only: what is learnt on two thirds of the products, on the third

On photos of the drawn shop whose exact outlines are known: six seeds, each with a third of the products, so that
neither a product nor a seed is on both sides when it is judged (IoU of the outline, error of the light's logarithm,
right names). A quarter of an hour of drawing and as much of learning on one core; judging takes twice as much. Needs
the train extra. `docs/attributes.md` reports on other seeds.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw
from torch import Tensor, nn
from torch.nn import functional

from shelflens.attributes import outline
from shelflens.attributes.palette import highlight, in_white_light, looked_at, weigh
from shelflens.demo.assortment import assortment
from shelflens.demo.drawing import Outlined, outlined
from shelflens.search import open_view
from shelflens.train.export import write_program
from shelflens.verify.oklab import oklab

SEEDS = ((3, 23), (21, 24), (22, 25))  # of each third of the products
PRODUCTS = 120
SIDE = 256  # of the short side, pixels, at which a picture is decoded
WIDTHS = (12, 16, 24, 32)  # channels at full size, at half of it, ...
CROPS = 2  # of each photo, besides the whole one; each also mirrored
CROPPED = 6  # at most one part in so many at each side, and never the product
TINT, BRIGHTNESS = 0.08, 0.15  # logarithm: of a crop's light
ROUNDS = 7
BATCH = 16
RATE = 4e-3
NEAR = 0.8  # a colour that weighs so much of the heaviest is as right as it

BOXES = 240  # pictures of plain shapes, besides

Levels: TypeAlias = NDArray[np.uint8]  # (H, W, 3), sRGB
Light: TypeAlias = tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One photo as the palette sees it."""

    levels: Levels
    product: NDArray[np.bool_]  # (H, W)
    light: NDArray[np.float64]  # (3,): its logarithm, where the product is; 0 is white


class Block(nn.Sequential):
    """Two convolutions of 3 x 3."""

    def __init__(self, entering: int, leaving: int) -> None:
        layers: list[nn.Module] = []
        for channels in (entering, leaving):
            convolution = nn.Conv2d(channels, leaving, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(leaving), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """(N, PLANES, H, W) -> (N, H, W), the logit of each pixel; H and W are multiples of outline.STRIDE.

    Ronneberger, Fischer and Brox, "U-Net: Convolutional networks for biomedical image segmentation", MICCAI 2015.
    """

    def __init__(self) -> None:
        super().__init__()
        steps = list(pairwise(WIDTHS))
        self.first = Block(outline.PLANES, WIDTHS[0])
        self.down = nn.ModuleList(Block(fine, coarse) for fine, coarse in steps)
        self.up = nn.ModuleList(Block(coarse + fine, fine) for fine, coarse in reversed(steps))
        self.last = nn.Conv2d(WIDTHS[0], 1, 1)

    def forward(self, planes: Tensor) -> Tensor:
        maps = [self.first(planes)]
        for block in self.down:
            maps.append(block(functional.max_pool2d(maps[-1], 2)))
        seen = maps.pop()
        for block, fine in zip(self.up, reversed(maps), strict=True):
            seen = block(torch.cat([functional.interpolate(seen, scale_factor=2.0), fine], 1))
        logits: Tensor = self.last(seen)[:, 0]
        return logits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judge", action="store_true")
    judging = parser.parse_args().judge
    with ProcessPoolExecutor(2) as pool:
        thirds = list(pool.map(drawn, range(len(SEEDS))))
    if judging:
        for place, held_out in enumerate(thirds):
            others = [one for other, third in enumerate(thirds) if other != place for one in third]
            network = learnt([*others, *boxes(BOXES)])
            print(f"products {place}, {place + 3}, ...: {judged(network, held_out)}", flush=True)
        return
    every = [one for third in thirds for one in third]
    network = learnt([*every, *boxes(BOXES)])
    write(network, outline.FILE)
    picture, product, constant = fitted_light(every, network)
    print(f"light: {picture:.2f} of the picture's highlight, {product:.2f} of the product's, {constant:+.3f}")


def drawn(third: int) -> list[Example]:
    sold = assortment(PRODUCTS)
    with tempfile.TemporaryDirectory() as folder:
        return [
            example
            for seed in SEEDS[third]
            for item in sold[third :: len(SEEDS)]
            for example in _examples(outlined(item, sold, seed=seed, folder=Path(folder, str(seed))))
        ]


def _examples(photos: Iterable[Outlined]) -> Iterator[Example]:
    for one in photos:
        file = io.BytesIO()
        one.taken.photo.save(file, "JPEG", quality=one.taken.quality)
        levels = looked_at(open_view(file.getvalue(), side=SIDE).scaled)
        cover, *white = (_reduced(plane, levels.shape[:2]) for plane in (one.cover, *np.moveaxis(one.white, 2, 0)))
        product = cover > np.percentile(cover, 99) / 2
        yield Example(levels, product, np.array([np.log(channel[product].mean() / 255) for channel in white]))


def _reduced(plane: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    height, width = shape
    image = Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, np.float32)


def boxes(count: int) -> Iterator[Example]:
    """Plain shapes in any colours over any wall, a thing in the middle between others that the frame cuts off: so that
    what is learnt is where things stand, not how the drawn shop looks (domain randomisation, Tobin et al. 2017)."""
    random = np.random.default_rng(1)
    for _ in range(count):
        width, height = (int(side) for side in random.integers(64, outline.SIDE + 1, 2))
        image, alone = Image.new("RGB", (width, height), _any_colour(random)), Image.new("1", (width, height))
        draw, floor = ImageDraw.Draw(image), height * random.uniform(0.65, 0.95)
        draw.rectangle((0, floor, width, height), fill=_any_colour(random))
        middle, half = width * random.uniform(0.45, 0.55), width * random.uniform(0.1, 0.22)
        for side in (-1, 1):
            if random.random() < 0.8:  # a neighbour; sometimes the frame shows a little wall beside it
                near = middle + side * (half + width * random.uniform(0.01, 0.12))
                far = (width if side > 0 else 0) + side * width * random.uniform(0, 0.3)
                top = height * random.uniform(-0.2, 0.5)
                _shape(draw, (min(near, far), top, max(near, far), floor), random, fill=_any_colour(random))
        box = (
            middle - half,
            height * random.uniform(0.05, 0.4),
            middle + half,
            floor + height * random.uniform(0, 0.04),
        )
        kind = int(random.integers(3))
        _shape(draw, box, random, fill=_any_colour(random), kind=kind)
        _shape(ImageDraw.Draw(alone), box, random, fill=1, kind=kind)
        left, top, right, bottom = box
        for _ in range(random.integers(0, 4)):  # what is printed on it
            x, y = np.sort(random.uniform(left, right, 2)), np.sort(random.uniform(top, bottom, 2))
            print_ = Image.new("RGB", image.size, _any_colour(random))
            area = Image.new("1", image.size)
            ImageDraw.Draw(area).rectangle((x[0], y[0], x[1], y[1]), fill=1)
            image.paste(print_, mask=ImageChops.logical_and(area, alone))
        levels = np.asarray(image) + random.normal(0, random.uniform(0, 8), (height, width, 3))
        shading = np.linspace(random.uniform(0.7, 1.1), random.uniform(0.7, 1.1), width)[:, None]
        yield Example(np.clip(levels * shading, 0, 255).astype(np.uint8), np.asarray(alone), np.zeros(3))


def _shape(
    draw: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    random: np.random.Generator,
    *,
    fill: int | tuple[int, ...],
    kind: int | None = None,
) -> None:
    kind = int(random.integers(3)) if kind is None else kind
    if kind == 0:
        draw.rectangle(box, fill=fill)
    elif kind == 1:
        draw.ellipse(box, fill=fill)
    else:
        draw.rounded_rectangle(box, (box[2] - box[0]) / 3, fill=fill)


def _any_colour(random: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(level) for level in random.integers(0, 256, 3))


# -- learning


def learnt(examples: Sequence[Example]) -> UNet:
    """Cross-entropy and half the Dice loss, over the pixels of the picture; one cycle of AdamW's rate."""
    torch.manual_seed(0)
    planes, truths = _tensors(examples)
    network = UNet()
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    batches = len(planes) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=ROUNDS * batches + 1)
    for _ in range(ROUNDS):
        for chosen in torch.randperm(len(planes))[: batches * BATCH].split(BATCH):
            seen, truth = planes[chosen].float(), truths[chosen].float()
            optimizer.zero_grad()
            _loss(network(seen), truth, inside=seen[:, outline.INSIDE]).backward()
            optimizer.step()
            schedule.step()
    network.eval()
    return network


def _loss(logits: Tensor, truth: Tensor, *, inside: Tensor) -> Tensor:
    chances = torch.sigmoid(logits) * inside
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none") * inside
    both, either = (chances * truth).sum((1, 2)), chances.sum((1, 2)) + truth.sum((1, 2))
    dice: Tensor = 1 - ((2 * both + 1) / (either + 1)).mean()
    return entropy.sum() / inside.sum() + dice / 2


def _tensors(examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
    random = np.random.default_rng(0)
    planes, truths = [], []
    for one in examples:
        for levels, product in _variants(one, random):
            planes.append(outline.planes(oklab(levels)).astype(np.float16))
            truth = np.zeros(planes[-1].shape[1:], np.float16)
            truth[: product.shape[0], : product.shape[1]] = product
            truths.append(truth)
    return torch.from_numpy(np.stack(planes)), torch.from_numpy(np.stack(truths))


def _variants(one: Example, random: np.random.Generator) -> Iterator[tuple[Levels, NDArray[np.bool_]]]:
    pairs = [(one.levels, one.product), *(_crop(one, random) for _ in range(CROPS))]
    for levels, product in pairs:
        yield levels, product
        yield np.ascontiguousarray(levels[:, ::-1]), np.ascontiguousarray(product[:, ::-1])


def _crop(one: Example, random: np.random.Generator) -> tuple[Levels, NDArray[np.bool_]]:
    """With the whole product, in another light."""
    rows, columns = np.nonzero(one.product)
    top, bottom = _cut(rows, one.product.shape[0], random)
    left, right = _cut(columns, one.product.shape[1], random)
    light = np.exp(random.normal(0, TINT, 3) + random.normal(0, BRIGHTNESS))
    levels = np.clip(one.levels[top:bottom, left:right] * light, 0, 255).astype(np.uint8)
    product = np.ascontiguousarray(one.product[top:bottom, left:right])
    scale = outline.SIDE / max(product.shape)
    size = (round(product.shape[1] * scale), round(product.shape[0] * scale))
    return (
        np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BILINEAR)),
        np.asarray(Image.fromarray(product).resize(size, Image.Resampling.NEAREST)),
    )


def _cut(filled: NDArray[np.intp], size: int, random: np.random.Generator) -> tuple[int, int]:
    first, last, most = int(filled.min()), int(filled.max()), size // CROPPED
    start = random.integers(0, min(first, most) + 1)
    return int(start), int(random.integers(max(last + 1, size - most), size + 1))


def write(network: UNet, file: Path) -> None:
    """In ONNX, with batch normalisation folded into the convolutions; planes (1, PLANES, H, W) -> logits (1, H, W)."""
    size = outline.SIDE
    program = torch.onnx.export(
        network,
        (torch.zeros(1, outline.PLANES, size, size),),
        dynamo=True,
        input_names=["planes"],
        output_names=["logits"],
        verbose=False,
    )
    assert program is not None
    write_program(program, file)


# -- judging


def judged(network: UNet, examples: Sequence[Example]) -> str:
    masks = [mask(network, one) for one in examples]
    overlap = [(its & one.product).sum() / (its | one.product).sum() for one, its in zip(examples, masks, strict=True)]
    light = fitted_light(examples, network)
    errors = [_rows(one, its) @ light - one.light for one, its in zip(examples, masks, strict=True)]
    right = [_is_right(one, its) for one, its in zip(examples, masks, strict=True)]
    off = np.sqrt(np.mean(np.square(errors)))
    return f"IoU {np.mean(overlap):.3f}, light off by {off:.3f}, right {np.mean(right):.3f}"


def mask(network: UNet, one: Example) -> NDArray[np.bool_]:
    height, width = one.product.shape
    with torch.no_grad():
        logits = network(torch.from_numpy(outline.planes(oklab(one.levels)))[None])[0, :height, :width]
    found: NDArray[np.bool_] = (logits > 0).numpy()
    return found


def _is_right(one: Example, product: NDArray[np.bool_]) -> bool:
    """With the light that is in use."""
    white = np.clip(one.levels / np.exp(one.light), 0, 255).astype(np.uint8)
    truth = weigh(white, one.product.astype(np.float32))
    named = weigh(in_white_light(one.levels, product), product.astype(np.float32))
    return named[0].name in {colour.name for colour in truth if colour.weight >= NEAR * truth[0].weight}


def fitted_light(examples: Sequence[Example], network: UNet) -> Light:
    """How much the highlights of the picture and of the product say, and a constant: by least squares."""
    rows = [row for one in examples for row in _rows(one, mask(network, one))]
    light = np.concatenate([one.light for one in examples])
    return tuple(np.linalg.lstsq(np.array(rows), light, rcond=None)[0].tolist())


def _rows(one: Example, product: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(3, 3): of each channel."""
    shown = one.levels[product] if product.any() else one.levels
    return np.stack([highlight(one.levels), highlight(shown), np.ones(3)], axis=1)


if __name__ == "__main__":
    main()

"""What the demo shop sells: the brands' table unrolled to products with ids, prices, GTINs and two languages."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from shelflens.demo.brands import BRANDS, NOVELTIES, STRANGERS, Brand, Flavour
from shelflens.demo.colour import name_of
from shelflens.errors import ShelflensError
from shelflens.feed.gtin import check_digit

MOST = sum(len(brand.flavours) for brand in BRANDS)


@dataclass(frozen=True, slots=True)
class Item:
    """One product of the demo shop."""

    number: int  # 0 and up, over all items
    brand: Brand
    flavour: Flavour

    @property
    def product_id(self) -> str:
        letters = (letter if letter.isascii() and letter.isalnum() else " " for letter in self._words.lower())
        return "-".join("".join(letters).split())

    @property
    def _words(self) -> str:
        # ü and é would be lost on the way to an id
        return f"{self.brand.name} {self.flavour.name}".translate(str.maketrans("üéå", "uea"))

    @property
    def title(self) -> str:
        return f"{self.brand.name} {self.brand.kind} {self.flavour.name} {self.brand.size}"

    @property
    def title_zh(self) -> str:
        return f"{self.brand.name_zh} {self.flavour.name_zh}{self.brand.kind_zh} {self.brand.size}"

    @property
    def description(self) -> str:
        return f"{self.brand.kind}, {self.flavour.name}, in a {self.shape}: {self.brand.tagline}."

    @property
    def shape(self) -> str:
        """The word for it: all bottles are bottles."""
        return self.brand.shape.split("_")[0]

    @property
    def gtin(self) -> str:
        """EAN-13 with a prefix of 29: GS1 leaves 20 to 29 to each shop, so it is nobody's product."""
        twelve = f"29{zlib.crc32(self.product_id.encode()) % 10**5:05d}{self.number:05d}"
        return twelve + check_digit(twelve)

    @property
    def price(self) -> float:
        return round(self.brand.price + 0.1 * (self.number % 3), 2)

    @property
    def colour(self) -> str:
        return name_of(self.flavour.colour)


def assortment(products: int) -> tuple[Item, ...]:
    """The first `products` of the table, families together."""
    if not 1 <= products <= MOST:
        raise ShelflensError(f"the demo draws from 1 to {MOST} products, not {products}")
    pairs = [(brand, flavour) for brand in BRANDS for flavour in brand.flavours]
    return tuple(Item(number, *pair) for number, pair in enumerate(pairs[:products]))


def strangers(products: int) -> tuple[Item, ...]:
    """What the shop of `products` products does not sell: about a sixth as many.

    New flavours of its own brands and whole unknown families take turns.
    """
    sold = {item.brand.name for item in assortment(products)}
    novelties = [(brand, NOVELTIES[brand.name]) for brand in BRANDS if brand.name in NOVELTIES and brand.name in sold]
    foreign = [(brand, flavour) for brand in STRANGERS for flavour in brand.flavours]
    # Two new flavours for every three of other houses, as far as they go.
    pairs: list[tuple[Brand, Flavour]] = []
    while novelties or foreign:
        pairs += [*novelties[:2], *foreign[:3]]
        del novelties[:2], foreign[:3]
    wanted = max(1, round(products / 6))
    return tuple(Item(MOST + number, *pair) for number, pair in enumerate(pairs[:wanted]))

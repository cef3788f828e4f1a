"""What is asked beside a picture, or without one: words, and products of the catalogue as examples."""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.errors import CatalogueError

WEIGHT = 0.5  # of the words, where there is a picture too
MOST_EXAMPLES = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """Without any of it a search is by looks alone."""

    text: str = ""  # what the products wanted say of themselves, and how they look, in words
    minus: str = ""  # words that the products wanted do not say
    text_weight: float = WEIGHT  # 0..1, share of the words in the order, where there is a picture too
    more: tuple[str, ...] = ()  # ids of products: more like these
    less: tuple[str, ...] = ()  # less like these; they themselves are left out

    def __post_init__(self) -> None:
        if not 0 <= self.text_weight <= 1:
            raise CatalogueError(f"the words' weight must be from 0 to 1, not {self.text_weight}")
        if len(self.more) + len(self.less) > MOST_EXAMPLES:
            raise CatalogueError(f"at most {MOST_EXAMPLES} products are taken as examples")
        if both := sorted(set(self.more) & set(self.less)):
            raise CatalogueError(f"product {both[0]!r} is both to be liked more and less; one is right")

    def __bool__(self) -> bool:
        return bool(self.worded or self.more or self.less)

    @property
    def worded(self) -> bool:
        return bool(self.text.strip() or self.minus.strip())

"""What requests say: checked, with the bounds that the OpenAPI document shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from shelflens.audit.copies import NEAR
from shelflens.audit.pictures import OPENED
from shelflens.calibrate.fitting import FitOptions
from shelflens.errors import CatalogueError
from shelflens.feed.gtin import normalise
from shelflens.feed.price import finite_price, parse_price
from shelflens.feed.rows import MAX_CELL
from shelflens.search.wish import WEIGHT, Wish
from shelflens.shopper.pseudonym import MAX_USER, check_user
from shelflens.types import Attribute, Box, Metric, Product

_FIT = FitOptions()
MAX_ATTRIBUTES = 256
MAX_K = 1_000


def _words(text: str) -> str:
    """Text that every store keeps as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("is not valid Unicode text") from None
    if "\x00" in text:
        raise ValueError("holds a NUL character; write plain text")
    return text


def _identity(text: str) -> str:
    if _words(text) != text.strip() or not text or any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in text):
        raise ValueError("must be a non-empty text without control characters and without blanks at its ends")
    if text in (".", ".."):
        raise ValueError("is a step in an address, which browsers take out of it; choose another id")
    return text


def _web(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return _words(text)


def _finite(value: float | str | bool | tuple[str, ...]) -> float | str | bool | tuple[str, ...]:
    if isinstance(value, float) and not abs(value) <= 2**53:
        raise ValueError("is a number with more digits than are kept; write it in quotes")
    return value


Words = Annotated[str, Field(max_length=MAX_CELL), AfterValidator(_words)]
Name = Annotated[str, Field(max_length=1024), AfterValidator(_words)]
ProductId = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_identity)]
Address = Annotated[str, Field(max_length=8192), AfterValidator(_web)]
Price = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(finite_price)]
Gtins = Annotated[
    list[Annotated[str, Field(max_length=64), AfterValidator(normalise)]],
    Field(max_length=100, examples=[["7310865001818"]]),
]
AttributeValue = Annotated[
    Annotated[bool, Field(strict=True)]
    | Annotated[float, Field(allow_inf_nan=False)]
    | Words
    | Annotated[list[Words], Field(max_length=1000)],
    AfterValidator(_finite),
]
Attributes = Annotated[dict[Name, AttributeValue], Field(max_length=MAX_ATTRIBUTES)]


class Body(BaseModel):
    """Fields that are not known are an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_JUICE: dict[str, JsonValue] = {
    "title": "Apple juice",
    "description": "Pressed, 1 litre",
    "brand": "Bravo",
    "category": "Juice",
    "price": 24.9,
    "url": "https://shop.example/p/1001",
    "gtins": ["7310865001818"],
    "attributes": {"organic": True, "litres": 1.0},
}


class ProductBody(Body):
    """All of a product but its id; a field that is left out is empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JUICE]})

    title: Words = ""
    description: Words = ""
    brand: Words = ""
    category: Words = ""
    price: Price | None = None
    url: Address = ""
    gtins: Gtins = Field(default_factory=list)
    attributes: Attributes = Field(default_factory=dict)

    def product(self, product_id: str) -> Product:
        return Product(
            product_id=product_id,
            title=self.title,
            description=self.description,
            brand=self.brand,
            category=self.category,
            price=self.price,
            url=self.url,
            gtins=tuple(dict.fromkeys(self.gtins)),
            attributes={name: attribute(value) for name, value in self.attributes.items()},
        )


class ProductPatch(Body):
    """Fields to set; null empties one. Attributes are set one by one (RFC 7396)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"price": 19.9, "attributes": {"organic": None}}]})

    title: Words | None = None
    description: Words | None = None
    brand: Words | None = None
    category: Words | None = None
    price: Price | None = None
    url: Address | None = None
    gtins: Gtins | None = None
    attributes: Annotated[dict[Name, AttributeValue | None], Field(max_length=MAX_ATTRIBUTES)] | None = None

    def apply(self, product: Product) -> Product:
        changed: dict[str, Any] = {}
        for name in self.model_fields_set - {"attributes", "gtins"}:
            value = getattr(self, name)
            changed[name] = value if name == "price" else value or ""
        if "gtins" in self.model_fields_set:
            changed["gtins"] = tuple(dict.fromkeys(self.gtins or ()))
        if "attributes" in self.model_fields_set:
            kept = {} if self.attributes is None else {**product.attributes}
            for name, given in (self.attributes or {}).items():
                if given is None:
                    kept.pop(name, None)
                else:
                    kept[name] = attribute(given)
            changed["attributes"] = kept
        fields = {name: getattr(product, name) for name in Product.__dataclass_fields__}
        return Product(**{**fields, **changed})


def attribute(value: bool | float | str | list[str]) -> Attribute:
    return tuple(value) if isinstance(value, list) else value


class PictureBody(Body):
    """One picture: its bytes in base64, or its address."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"url": "https://shop.example/photos/1001.jpg"}]})

    base64: Annotated[str, Field(min_length=1, description="A data: URL is taken, too.")] | None = None
    url: Annotated[str, Field(min_length=1, max_length=8192)] | None = None

    @model_validator(mode="after")
    def _one(self) -> PictureBody:
        if (self.base64 is None) == (self.url is None):
            raise ValueError("give base64 or url, one of the two")
        return self


class BoxBody(Body):
    """Where the thing is, as fractions of the upright picture's width and height, origin top left."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"left": 0.2, "top": 0.1, "right": 0.8, "bottom": 0.9}]})

    left: Annotated[float, Field(ge=0, le=1)]
    top: Annotated[float, Field(ge=0, le=1)]
    right: Annotated[float, Field(ge=0, le=1)]
    bottom: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _growing(self) -> BoxBody:
        self.box()
        return self

    def box(self) -> Box:
        return Box(self.left, self.top, self.right, self.bottom)


def _user(text: str) -> str:
    try:
        check_user(text)
    except CatalogueError as error:
        raise ValueError(str(error)) from None
    return text


UserId = Annotated[
    str, Field(min_length=1, max_length=MAX_USER, description="As the shop names him."), AfterValidator(_user)
]

Condition = Annotated[
    str, Field(max_length=10_000, examples=['category = "Juice" and price <= 30'], description="docs/searching.md")
]


Question = Annotated[str, Field(max_length=2_000, examples=["green apple juice"]), AfterValidator(_words)]
Examples = Annotated[list[ProductId], Field(max_length=50)]


class SearchBody(Body):
    """What is looked for (pictures of one thing, or a product of the catalogue, and words), and how."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"pictures": [{"url": "https://shop.example/photos/1001.jpg"}], "k": 5, "filter": "price <= 30"},
                {"like": "1001", "k": 5},
                {"text": "green apple juice", "minus": "sugar", "more": ["1001"], "k": 5},
            ]
        }
    )

    pictures: list[PictureBody] = Field(default_factory=list)
    like: ProductId | None = Field(None, description="A product of the catalogue; itself is left out.")
    text: Question | None = Field(None, description="What is wanted, in words, beside pictures or without any.")
    minus: Question | None = Field(None, description="Words that are not wanted.")
    text_weight: float = Field(WEIGHT, ge=0, le=1, description="Share of the words, where there are pictures too.")
    more: Examples = Field(default_factory=list, description="Ids of products: more like these.")
    less: Examples = Field(default_factory=list, description="Ids of products: less like these, and not themselves.")
    k: int = Field(10, ge=1, le=MAX_K, description="Products wanted.")
    filter: Condition | None = None
    metric: Metric = Metric.COSINE
    threshold: float | None = Field(None, ge=-1, le=2, description="The least cosine, or the greatest distance.")
    box: BoxBody | None = None
    explain: bool = Field(False, description="With contributions, lines and regions for each match.")
    user: UserId | None = Field(None, description="Whose taste orders what is about equally good; docs/shopper.md.")

    def wish(self) -> Wish:
        return Wish(self.text or "", self.minus or "", self.text_weight, tuple(self.more), tuple(self.less))


class MatchBody(Body):
    """A picture and another, or a picture and a product of the catalogue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"picture": {"url": "https://shop.example/photos/1001.jpg"}, "product_id": "1001"}]
        }
    )

    picture: PictureBody
    other: PictureBody | None = None
    product_id: ProductId | None = None
    box: BoxBody | None = Field(None, description="Of the first picture.")

    @model_validator(mode="after")
    def _one(self) -> MatchBody:
        if (self.other is None) == (self.product_id is None):
            raise ValueError("give other or product_id, one of the two")
        return self


class ClassifyBody(Body):
    """Pictures to name; each is answered by itself."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"pictures": [{"url": "https://shop.example/photos/1001.jpg"}], "k": 3}]}
    )

    pictures: list[PictureBody] = Field(min_length=1)
    k: int = Field(3, ge=1, le=MAX_K)


def _amount(price: object) -> object:
    """As a number, where it is written as shops write it."""
    return parse_price(price) if isinstance(price, str) else price


class RowBody(ProductBody):
    """A product with its photos; or, with `remove`, only the id of one that goes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**_JUICE, "product_id": "1001", "photos": [{"url": "https://shop.example/photos/1001.jpg"}]},
                {"product_id": "1002", "remove": True},
            ]
        }
    )

    product_id: ProductId
    price: Annotated[Price | None, BeforeValidator(_amount)] = Field(
        None, description='A number, or text as shops write it: "12,50 kr".'
    )
    photos: list[PictureBody] = Field(default_factory=list, max_length=100)
    remove: bool = False


JobKind: TypeAlias = Literal["index", "look-closer", "describe", "calibrate", "learn-words", "duplicates", "doctor"]


class JobBody(Body):
    """Long work. Which field goes with which kind is said at the field."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "duplicates"}, {"kind": "look-closer", "evidence": ["local", "barcode"]}]
        }
    )

    kind: JobKind
    rows: list[dict[str, Any]] = Field(
        default_factory=list,
        description="index: as in a bulk request; one that cannot be used is counted and listed.",
    )
    evidence: list[Literal["barcode", "colour", "hash", "local", "words"]] = Field(
        default_factory=list, description="look-closer: what searches look at from now on, too."
    )
    near: float = Field(NEAR, ge=0, le=1, description="duplicates: the least cosine to compare at.")
    opened: int = Field(OPENED, ge=0, le=1_000_000, description="doctor: photos to open, at most.")
    seed: int = Field(0, ge=0, lt=2**32, description="doctor: of what is drawn at random.")
    precision: float = Field(_FIT.precision, ge=0.5, le=0.9999, description="calibrate: to accept at.")
    unknown: float = Field(_FIT.unknown_share, ge=0, le=0.9, description="calibrate: share of unknown products.")


#: The kind that each field of a JobBody goes with.
GOES_WITH: Mapping[str, JobKind] = {
    "rows": "index",
    "evidence": "look-closer",
    "near": "duplicates",
    "opened": "doctor",
    "seed": "doctor",
    "precision": "calibrate",
    "unknown": "calibrate",
}


Change: TypeAlias = Callable[[Product | None], Product]

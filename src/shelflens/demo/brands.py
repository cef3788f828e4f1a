"""The invented brands: a table that a person edits. Any likeness to a brand that exists is chance.

One line per flavour: English, Chinese, its colour, its motifs (the first is the hero of the label).
"""

from __future__ import annotations

from dataclasses import dataclass

from shelflens.demo.colour import Colour, colour


@dataclass(frozen=True, slots=True)
class Flavour:
    name: str
    name_zh: str
    colour: Colour
    motifs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brand:
    """A family: one shape, one style of artwork, several flavours."""

    name: str
    name_zh: str
    category: str
    kind: str  # what it is: "Juice"
    kind_zh: str
    size: str
    price: float
    shape: str  # a name in shapes.SHAPES
    style: str  # a name in styles.STYLES
    faces: tuple[str, str]  # of the brand and of the rest, names in lettering.FACES
    house: Colour  # the brand's own colour
    paper: Colour  # its light ground
    tagline: str
    flavours: tuple[Flavour, ...]


def _brand(  # noqa: PLR0917  # a line of the table, in the order of its columns
    names: str, goods: str, size: str, price: float, look: str, faces: str, colours: str, tagline: str, *flavours: str
) -> Brand:
    """Fields within a string are parted by " | "."""
    name, name_zh = names.split(" | ")
    category, kind, kind_zh = goods.split(" | ")
    shape, style = look.split(" | ")
    display, text = faces.split(" | ")
    house, paper = (colour(code) for code in colours.split(" | "))
    return Brand(
        name, name_zh, category, kind, kind_zh, size, price, shape, style, (display, text), house, paper, tagline,
        tuple(_flavour(row) for row in flavours),
    )  # fmt: skip


def _flavour(row: str) -> Flavour:
    name, name_zh, code, motifs = row.split(" | ")
    return Flavour(name, name_zh, colour(code), tuple(motifs.split()))


BRANDS: tuple[Brand, ...] = (
    _brand(
        "Solara | 索拉拉", "Juice | Juice | 果汁", "1 L", 2.49, "carton | splash", "fat | medium", "1f6b4f | fff6dc",
        "pressed, never from concentrate",
        "Orange | 橙子 | f28a1c | orange leaf", "Apple | 苹果 | 7fb238 | apple leaf",
        "Mango | 芒果 | f6b52a | mango leaf", "Cherry | 樱桃 | b8203f | cherry leaf",
    ),
    _brand(
        "Krax | 脆客", "Snacks | Potato Crisps | 薯片", "175 g", 1.89, "bag | burst", "racing | narrow",
        "22242b | fff3c9",
        "kettle cooked, extra crunch",
        "Sea Salt | 海盐 | 2f7fc1 | crisp salt", "Paprika | 红椒 | d9342b | crisp pepper",
        "Cheese | 芝士 | f2b21b | crisp cheese", "Sour Onion | 酸奶洋葱 | 4f9a4a | crisp onion",
    ),
    _brand(
        "Almhof | 阿尔姆牧场", "Milk | Milk | 牛奶", "1 L", 1.29, "carton | hills", "slab | plain", "2a5d9c | f5f9ff",
        "from alpine meadows",
        "Whole | 全脂 | 2a62ad | cow daisy", "Semi-Skimmed | 半脱脂 | 4aa564 | milkdrop daisy",
        "Skimmed | 脱脂 | e07f9b | feather daisy", "Lactose Free | 无乳糖 | 8a63b5 | daisy leaf",
    ),
    _brand(
        "Caldera | 火山豆", "Coffee | Whole Bean Coffee | 咖啡豆", "500 g", 9.9, "pouch | heritage", "bookbold | airy",
        "1d1b1c | f1e4cf", "roasted slowly since 1987",
        "Espresso | 意式浓缩 | a8322a | beans", "House Blend | 招牌拼配 | b9803a | cup",
        "Decaf Swiss Water | 低因 | 3d7a74 | moon beans", "Dark Roast | 深烘 | 6b4a7d | flame beans",
    ),
    _brand(
        "Lotus & Lark | 莲与雀", "Tea | Tea · 20 bags | 茶包", "40 g", 3.2, "box_small | pattern", "script | book",
        "2d5d50 | fbf5e6", "picked by hand in spring",
        "Green Tea | 绿茶 | 5c9a54 | tealeaf", "Jasmine | 茉莉 | d9b64a | jasmine",
        "Earl Grey | 伯爵 | 4a6fa5 | lemon", "Peach Rooibos | 蜜桃博士 | d9774f | peach",
    ),
    _brand(
        "Campo Vero | 真田园", "Canned | Vegetables | 蔬菜罐头", "400 g", 1.15, "tin | craft", "poster | narrow",
        "7a2e22 | f9efd8", "ripened under the sun",
        "Plum Tomatoes | 李子番茄 | d23b2a | tomato basil", "Sweetcorn | 甜玉米 | efb523 | corn",
        "Garden Peas | 豌豆 | 5f9e3f | peas", "Kidney Beans | 红腰豆 | 8f3142 | bean",
    ),
    _brand(
        "Nordlys | 北光", "Yoghurt | Yoghurt | 酸奶", "450 g", 1.95, "tub | wave", "round | plain", "24557f | fdfdfb",
        "thick and creamy, 3.8 % fat",
        "Strawberry | 草莓 | e0465a | strawberry", "Blueberry | 蓝莓 | 5a62b5 | blueberry",
        "Vanilla | 香草 | edc35a | vanilla", "Peach | 蜜桃 | f2955c | peach",
    ),
    _brand(
        "Lavand | 兰芳", "Soap | Hand Wash | 洗手液", "300 ml", 2.79, "pump | minimal", "didot | airy",
        "4b4a63 | faf8f5", "gentle · plant based",
        "Lavender | 薰衣草 | 9a86c9 | lavender", "Rose | 玫瑰 | dd8fa3 | rose",
        "Lemon | 柠檬 | e9c94b | lemon", "Aloe Vera | 芦荟 | 7fb58d | aloe",
    ),
    _brand(
        "Morning Mill | 晨磨坊", "Cereal | Crunchy Cereal | 脆谷物", "375 g", 3.49, "box | hills", "poster | bold",
        "a5442c | fff4dc", "whole grain, baked golden",
        "Honey | 蜂蜜 | f0ac2e | honey wheat", "Chocolate | 巧克力 | 7b4b32 | chocolate wheat",
        "Red Berry | 红莓 | c93a55 | raspberry wheat", "Hazelnut | 榛子 | b98a53 | hazelnut wheat",
    ),
    _brand(
        "Port Azul | 蓝港", "Canned | Tuna | 金枪鱼", "160 g", 2.35, "tin_flat | wave", "poster | bold",
        "173f6b | f4f8f7", "pole and line caught",
        "in Olive Oil | 橄榄油浸 | 8fa03a | fish olive", "in Tomato | 番茄汁浸 | d9472f | fish tomato",
        "with Lemon | 柠檬味 | efc93d | fish lemon", "with Chilli | 辣椒味 | a92a3a | fish chilli",
    ),
    _brand(
        "Nonna Pia | 皮娅奶奶", "Sauce | Pasta Sauce | 意面酱", "340 g", 2.65, "jar | pattern", "script | slab",
        "8c2f26 | fff8e8", "simmered for three hours",
        "Basilico | 罗勒 | 4e8f3e | basil", "Arrabbiata | 香辣 | cf3226 | chilli",
        "Ai Funghi | 蘑菇 | a58664 | mushroom", "Olive | 橄榄 | 6b7437 | olive",
    ),
    _brand(
        "ZINGO | 清格", "Soda | Sparkling Soda | 气泡水", "330 ml", 0.99, "can | geometric", "fat | medium",
        "16324f | f6f3ea", "real fruit, real bubbles",
        "Lemon | 柠檬 | f4cf2f | lemon", "Blood Orange | 血橙 | e5532d | orange",
        "Raspberry | 覆盆子 | d1336e | raspberry", "Lime | 青柠 | 7dbb3c | lime",
    ),
    _brand(
        "Alba Skin | 晨肤", "Cosmetics | Hand Cream | 护手霜", "75 ml", 4.95, "tube | minimal", "airy | plain",
        "5d5148 | fcf7f1", "24 h care for dry hands",
        "Almond | 杏仁 | d3a574 | almond", "Aloe | 芦荟 | 86b39a | aloe",
        "Rose | 玫瑰 | d98c98 | rose", "Coconut | 椰子 | 9fb7c9 | coconut",
    ),
    _brand(
        "Maison Perle | 珍珠屋", "Chocolate | Chocolate | 巧克力", "100 g", 2.2, "bar | heritage", "didot | airy",
        "2b1a17 | f3e6d3", "fine cocoa, stone ground",
        "Dark 72 % | 黑巧72% | 8c3b2e | cocoa", "Milk | 牛奶 | 3f7fa8 | milkdrop",
        "Hazelnut | 榛子 | b07c3c | hazelnut", "Orange | 香橙 | df7d22 | orange",
    ),
    _brand(
        "Havre & Sol | 麦与阳", "Milk | Plant Drink | 植物奶", "1 L", 2.1, "brick | geometric", "round | medium",
        "3b3a36 | f7f1e3", "no added sugar",
        "Oat | 燕麦 | e0b25c | wheat", "Almond | 杏仁 | b9774a | almond",
        "Coconut | 椰子 | 4aa3b5 | coconut", "Soya | 大豆 | 86a94c | soya",
    ),
    _brand(
        "Dragon Pier | 龙埠", "Sauce | Sauce | 调味酱", "250 ml", 2.95, "bottle_glass | burst", "bookbold | slab",
        "5b1717 | fbeccb", "brewed the old way",
        "Soy | 酱油 | 3d2a22 | soya", "Sweet Chilli | 甜辣 | d4302a | chilli",
        "Garlic | 蒜蓉 | cfa54c | garlic", "Ginger | 姜汁 | c77f35 | ginger",
    ),
    _brand(
        "Hoppla | 跳跳", "Cereal | Loops | 谷物圈", "300 g", 2.89, "box | burst", "fat | racing", "3a2a78 | fff7e0",
        "8 vitamins · 100 % fun",
        "Corn | 玉米 | f3bf2b | corn loop", "Cocoa | 可可 | 8a5230 | cocoa loop",
        "Strawberry | 草莓 | ea5270 | strawberry loop", "Apple | 苹果 | 6db544 | apple loop",
    ),
    _brand(
        "Teahouse 88 | 茶馆88", "Tea | Loose Tea | 散茶", "125 g", 5.4, "tin_tall | heritage", "slab | airy",
        "17302f | f4ead2", "small gardens, single harvest",
        "Ginger | 姜 | c98a2e | ginger", "Mint | 薄荷 | 4f9d78 | mint",
        "Chamomile | 洋甘菊 | d7b23f | daisy", "Hibiscus | 洛神花 | b5355a | hibiscus",
    ),
    _brand(
        "Moo Moo | 哞哞", "Milk | Milkshake | 奶昔", "400 ml", 1.65, "bottle | stripes", "fat | round",
        "39424e | fffaf0",
        "shake me, wake me",
        "Chocolate | 巧克力 | 8a5a3c | chocolate", "Strawberry | 草莓 | ef7f9a | strawberry",
        "Vanilla | 香草 | f0cf73 | vanilla", "Banana | 香蕉 | f4c93a | banana",
    ),
    _brand(
        "Bubbla | 泡泡拉", "Soap | Dish Soap | 洗洁精", "500 ml", 1.75, "bottle_oval | burst", "round | medium",
        "1a4f8f | f2fbff", "cuts grease, kind to hands",
        "Fresh Sea | 清海 | 2f9ecf | wave", "Meadow | 草甸 | 57ad52 | daisy",
        "Citrus | 柑橘 | f2a52a | orange", "Wild Rose | 野玫瑰 | df6f9c | rose",
    ),
    _brand(
        "Honeycroft | 蜜园", "Sauce | Preserve | 果酱", "370 g", 3.1, "jar_low | craft", "script | book",
        "6b3d2a | fffaf0", "small copper pans, slow fire",
        "Strawberry | 草莓 | cf3345 | strawberry", "Orange | 香橙 | e98a22 | orange",
        "Blackcurrant | 黑加仑 | 5b3a6e | blueberry", "Acacia Honey | 槐花蜜 | e2a92d | honey",
    ),
    _brand(
        "Brühwerk | 酿坊", "Coffee | Instant Coffee | 速溶咖啡", "200 g", 6.4, "jar_tall | minimal", "bold | airy",
        "3a2418 | f8f1e6", "freeze dried",
        "Gold | 金牌 | c4953a | beans", "Mild | 柔和 | 7fa7a0 | cup",
        "Hazelnut | 榛果 | a5713f | hazelnut", "Vanilla | 香草 | d9bf7a | vanilla",
    ),
    _brand(
        "Pueblo Loco | 疯村", "Snacks | Tortilla Chips | 玉米片", "200 g", 1.99, "bag | stripes", "poster | narrow",
        "5a1f3d | fff1d6", "stone-ground corn",
        "Chilli | 辣椒 | d8352e | chilli nacho", "Lime | 青柠 | 74b043 | lime nacho",
        "Corn | 原味玉米 | f0b429 | corn nacho", "Salsa | 莎莎 | c45a2b | tomato nacho",
    ),
    _brand(
        "Ombra Studio | 影室", "Cosmetics | Face Cream | 面霜", "50 ml", 14.5, "jar_cream | minimal", "airy | plain",
        "2e2b33 | f6f1ee", "dermatologist tested",
        "Day | 日霜 | e8b77a | sun", "Night | 晚霜 | 5d6394 | moon",
        "Hydra | 补水 | 6fb3c8 | milkdrop", "Botanic | 植萃 | 8aa878 | leaf",
    ),
    _brand(
        "Pomelia | 柚美", "Juice | Nectar | 果茶", "750 ml", 2.2, "bottle | wave", "script | medium", "7a2f5b | fff9ef",
        "a garden in a bottle",
        "Peach | 蜜桃 | f19a63 | peach", "Grape | 葡萄 | 7b4a94 | grape",
        "Lime | 青柠 | 8fbe3f | lime", "Pineapple | 菠萝 | eebf2f | pineapple",
    ),
    _brand(
        "Nutwise | 慧果", "Snacks | Roasted Nuts | 烤坚果", "150 g", 3.3, "pouch | minimal", "slab | medium",
        "4a3b2c | f5ecdd", "dry roasted, lightly salted",
        "Almonds | 巴旦木 | c06c3a | almond", "Hazelnuts | 榛子 | 8a6a3d | hazelnut",
        "Peanuts | 花生 | dfa945 | peanut", "Pistachios | 开心果 | 8daa4b | pistachio",
    ),
    _brand(
        "Cocoloco | 可可乐", "Chocolate | Chocolate Bar | 巧克力棒", "90 g", 1.45, "bar | geometric", "racing | bold",
        "5a2a6b | fff3e2", "snap it, share it",
        "Mint | 薄荷 | 3fae8f | mint", "Strawberry | 草莓 | e85d7c | strawberry",
        "Coconut | 椰子 | 46a0d3 | coconut", "Banana | 香蕉 | f3c433 | banana",
    ),
    _brand(
        "Fjordmint | 峡湾薄荷", "Cosmetics | Toothpaste | 牙膏", "100 ml", 1.85, "tube | wave", "racing | narrow",
        "0f5f7a | fafdfd", "12 h fresh breath",
        "Mint | 薄荷 | 39a98f | mint", "Lemon | 柠檬 | f0cb3a | lemon",
        "Cherry Kids | 儿童樱桃 | dd3f63 | cherry", "Sea Salt | 海盐 | 3d86c6 | salt",
    ),
    _brand(
        "Soup Atelier | 汤坊", "Canned | Creamy Soup | 浓汤", "400 ml", 1.7, "tin | stripes", "didot | book",
        "30343a | fffaf0", "just add a spoon",
        "Tomato | 番茄 | d8412f | tomato", "Mushroom | 蘑菇 | a4835f | mushroom",
        "Onion | 洋葱 | cf9b45 | onion", "Pea & Mint | 豌豆薄荷 | 6fa548 | peas mint",
    ),
    _brand(
        "Filia | 菲莉亚", "Yoghurt | Greek Style Yoghurt | 希腊酸奶", "500 g", 2.6, "tub_low | pattern",
        "bookbold | medium", "2b5fa3 | ffffff", "strained twice",
        "Honey | 蜂蜜 | e6aa2f | honey", "Mango | 芒果 | f2993a | mango",
        "Coconut | 椰子 | 5fb0b7 | coconut", "Walnut Fig | 核桃无花果 | 8a5a7a | fig",
    ),
)  # fmt: skip

# Drawn, photographed, and never in the catalogue: shops, too, are shown what they do not sell.
STRANGERS: tuple[Brand, ...] = (
    _brand(
        "Savonette | 皂语", "Soap | Soap Bar | 香皂", "125 g", 1.6, "box_flat | pattern", "didot | book",
        "38505c | fbf8f2", "triple milled",
        "Olive | 橄榄 | 8b9a4a | olive", "Honey | 蜂蜜 | dda53a | honey",
        "Mint | 薄荷 | 64ab92 | mint", "Rose | 玫瑰 | d78398 | rose",
    ),
    _brand(
        "Kasse | 卡瑟", "Coffee | Iced Latte | 冰拿铁", "250 ml", 1.8, "can | hills", "slab | medium",
        "4a2f25 | f7ecdc",
        "cold brewed",
        "Classic | 经典 | b98a5a | cup", "Vanilla | 香草 | e3c476 | vanilla",
        "Cocoa | 可可 | 7a4a33 | cocoa", "Coconut | 椰子 | 6aa7b0 | coconut",
    ),
    _brand(
        "Grain & Grove | 谷林", "Cereal | Muesli | 麦片", "600 g", 4.2, "pouch | craft", "poster | book",
        "3f5a3c | f8f1df", "six grains, no sugar",
        "Almond | 杏仁 | c48a56 | almond", "Apple | 苹果 | 8fae45 | apple",
        "Cherry | 樱桃 | b5304a | cherry", "Coconut | 椰子 | 6fa9bf | coconut",
    ),
)  # fmt: skip

# New flavours of known brands, not in the catalogue either: the hardest strangers. Brand name -> flavour.
NOVELTIES: dict[str, Flavour] = {
    "Solara": _flavour("Pineapple | 菠萝 | e8c02c | pineapple leaf"),
    "Krax": _flavour("Mushroom | 蘑菇 | 8a6f55 | crisp mushroom"),
    "Campo Vero": _flavour("Olives | 橄榄 | 6f7a3a | olive"),
    "Nordlys": _flavour("Cherry | 樱桃 | a82448 | cherry"),
    "Lavand": _flavour("Sea Mist | 海雾 | 6fa9c9 | wave"),
    "ZINGO": _flavour("Grape | 葡萄 | 7a4d9e | grape"),
    "Hoppla": _flavour("Banana | 香蕉 | f5d13d | banana loop"),
    "Soup Atelier": _flavour("Sweetcorn | 甜玉米 | ecb92e | corn"),
}

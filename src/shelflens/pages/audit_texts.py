"""Every word of the two pages that look a catalogue over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditTexts:
    headline: str = "In short"
    curves: str = "Curves"
    targets: str = "Photos that a product needs"
    targets_hint: str = (
        "For a photo of it to find its product first, by looks alone. Beyond what was measured, the curve is continued."
    )
    target: str = "Recall@1"
    photos_each: str = "Photos each"
    from_where: str = "Known by"
    by_measure: str = "measuring"
    by_curve: str = "the curve"
    out_of_sight: str = "out of sight"
    customers: str = "Recall@1, customers"
    failing: str = "Products that customers' photos miss"
    failing_hint: str = "What was found instead of them, by the search that serves customers. Most missed first."
    no_failing: str = "Nothing is missed"
    no_failing_hint: str = "Every customer's photo finds its product first."
    not_found: str = "Not found"
    found_instead: str = "Found instead"
    no_photo: str = "The catalogue has no photo of it: no search can find it."
    suspects: str = "Photos that look like another product"
    suspects_hint: str = (
        "Each photo is compared with its own product's other photos and with all other products. "
        "The most suspicious come first; the number is how much nearer the other product is."
    )
    no_suspects: str = "No photo looks misplaced"
    no_suspects_hint: str = "Every photo is nearer to its own product than to any other."
    likely: str = "Likely mislabelled"
    doubtful: str = "Worth a look"
    the_photo: str = "The photo"
    filed_under: str = "Filed under"
    looks_like: str = "Looks like"
    alone: str = "No other photo"
    confused: str = "Products that cannot be told apart"
    confused_hint: str = (
        "Their photos find each other, both ways. More photos from other sides, or a barcode, would part them."
    )
    no_confused: str = "No such products"
    no_confused_hint: str = "No two products are taken for each other, both ways."
    thin: str = "Products with too few photos"
    thin_hint: str = (
        "Those that should gain most come first: the share of searches that enough photos should put right."
    )
    product: str = "Product"
    photos: str = "Photos"
    missed: str = "Photos that miss"
    gain: str = "Gain in Recall@1"
    faults: str = "Pictures at fault"
    no_faults: str = "No picture at fault"
    no_faults_hint: str = "All files are there, large enough, sharp and of something."
    more: str = "more; --json lists them all"
    missing: str = "File is gone"
    unreadable: str = "Cannot be read"
    small: str = "Too small"
    blank: str = "Blank"
    blurred: str = "Blurred"
    # -- duplicates
    product_groups: str = "One product under several ids"
    product_groups_hint: str = (
        "Keep the one that is marked, with the photos of the others; or tell the catalogue how they differ."
    )
    no_product_groups: str = "No product is there twice"
    no_product_groups_hint: str = "No two share a number, a title, their photos or their looks."
    across: str = "One picture under several products"
    across_hint: str = "A search that finds such a picture cannot say which product it is."
    no_across: str = "No picture is shared"
    no_across_hint: str = "No two products show the same picture."
    within: str = "One picture twice in a product"
    within_hint: str = "Harmless, but it takes the place of a photo from another side."
    exact: str = "Equal files"
    near: str = "Same picture, other file"
    keep: str = "Keep"
    why: str = "Why"
    copies: str = "pictures"


AUDIT_ENGLISH = AuditTexts()

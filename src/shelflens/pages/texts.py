"""Every word on the pages, in one place, so that another language is another value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shelflens.types import Band, Verdict


@dataclass(frozen=True, slots=True)
class Texts:
    lang: str = "en"
    made_by: str = "Made with shelflens. This page is self-contained: it loads nothing from elsewhere."
    no_picture: str = "No picture kept"
    # -- the sheet
    query: str = "Query"
    view: str = "view"
    one_product: str = "product found"
    many_products: str = "products found"
    matches_of: str = "Products found for"
    probability: str = "Probability"
    bands: Mapping[Band, str] = field(
        default_factory=lambda: {Band.ACCEPT: "accept", Band.REVIEW: "review", Band.REJECT: "reject"}
    )
    verdicts: Mapping[Verdict, str] = field(
        default_factory=lambda: {
            Verdict.ACCEPT: "Accept: the first one is it",
            Verdict.REVIEW: "For review",
            Verdict.UNKNOWN: "Unknown product: probably none of these",
        }
    )
    similarity: str = "Similarity"
    distance: str = "Distance"
    no_matches: str = "Nothing close enough"
    no_matches_hint: str = "No product passed. A lower --min-score or a wider --filter would let more through."
    no_queries: str = "No query"
    no_queries_hint: str = "The search was given no picture."
    # -- the report
    interval: str = "95 % interval"
    model: str = "Model"
    space: str = "Space"
    queries: str = "Queries"
    products: str = "Products"
    photos: str = "Gallery photos"
    embed_time: str = "Embedding a photo"
    search_time: str = "Searching"
    milliseconds: str = "ms"
    p95: str = "95 % within"
    without_product: str = "Without their product in the gallery"
    without_product_hint: str = "counted as misses"
    bad_rows: str = "Bad rows"
    bad_rows_hint: str = "in no metric"
    depth: str = "Photos ranked per query"
    headline: str = "Headline"
    charts: str = "Curves"
    categories: str = "By category"
    categories_hint: str = "Lowest Recall@1 first. The line through a bar is its 95 % interval."
    category: str = "Category"
    no_category: str = "No category"
    worst: str = "Worst queries"
    worst_hint: str = (
        "The right product is not found, or is farthest down. Among equals, the most confident mistake first."
    )
    no_worst: str = "No mistakes"
    no_worst_hint: str = "Every query whose product is in the gallery found it first."
    found_instead: str = "Found instead"
    right_product: str = "Right product"
    rank: str = "rank"
    not_found: str = "not found"
    nearest_photo: str = "its nearest photo is no."
    confusions: str = "Most confused products"
    confusions_hint: str = "Pairs of a product and another one that was found first in its place."
    taken_for: str = "taken for"
    one_query: str = "query"
    many_queries: str = "queries"
    its_queries: str = "Queries"
    where: str = "Where"
    reason: str = "Reason"
    more: str = "more"
    data: str = "All figures as JSON:"
    # -- the calibration
    weights: str = "What counts how much"
    weights_hint: str = "Added log-odds per unit of each kind of evidence; 0.7 doubles the odds."
    # -- a training run
    settings: str = "Settings"
    settings_hint: str = "Each can be changed with --set NAME=VALUE."
    # -- a promotion
    metric: str = "Metric"
    old_model: str = "Old model"
    new_model: str = "New model"
    change: str = "Change"
    calibration: str = "Calibration"
    occasions: str = "Occasions"
    occasions_drawn: str = "drawn whole for the intervals"
    won: str = "Right only now"
    won_hint: str = "Queries whose product the new model finds first and the old one did not."
    lost: str = "Right only before"
    lost_hint: str = "Queries whose product the old model found first and the new one does not."
    unlike: str = "Answered differently"
    unlike_hint: str = "The two find different products first. Nobody has said which is right."
    both_wrong_hint: str = "The two find different products first, and neither is right."
    same_first: str = "Same product first"
    same_first_hint: str = "of both models' answers"
    shared: str = "Products in common"
    shared_hint: str = "of the first ten of each"
    found_before: str = "Found before"
    found_now: str = "Found now"


ENGLISH = Texts()

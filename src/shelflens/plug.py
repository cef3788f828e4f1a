"""Name tables of implementations: the built-in ones, and those that other packages bring as entry points.

A package adds an embedder called `clip9` to shelflens with

    [project.entry-points."shelflens.embedders"]
    clip9 = "my_package.clip9:Clip9Embedder"
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from shelflens.errors import ShelflensError

#: kind -> name -> "module:object". One line per built-in implementation; imported only when asked for.
BUILT_IN: dict[str, dict[str, str]] = {
    "alerts": {
        "command": "shelflens.alert.command:from_place",
        "lines": "shelflens.alert.lines:from_place",
        "mail": "shelflens.alert.mail:from_place",
        "webhook": "shelflens.alert.webhook:from_place",
    },
    "backbones": {
        "hf": "shelflens.train.backbones.transformers_networks:transformers_network",
        "joined": "shelflens.train.backbones.joined:joined",
        "keras": "shelflens.train.backbones.keras_networks:keras_network",
        "lite0": "shelflens.train.backbones.lite:lite0",
        "lite1": "shelflens.train.backbones.lite:lite1",
        "lite2": "shelflens.train.backbones.lite:lite2",
        "tutorial": "shelflens.train.backbones.tutorial:tutorial",
    },
    "classifiers": {"onnx": "shelflens.classify.onnx:from_path"},
    "embedders": {
        "bovw": "shelflens.embed.bovw:from_name",
        "joined": "shelflens.embed.joined:from_names",
        "lite0": "shelflens.embed.bundled:lite0",
        "lite0-fp32": "shelflens.embed.bundled:lite0_fp32",
        "lite2": "shelflens.embed.bundled:lite2",
        "located": "shelflens.embed.located:from_names",
        "onnx": "shelflens.embed.onnx:from_path",
        "hub": "shelflens.embed.hub:from_name",
    },
    "events": {
        "postgres": "shelflens.shopper.postgres:PostgresEvents",
        "sqlite": "shelflens.shopper.sqlite:SqliteEvents",
    },
    # By the file's extension; "folder" and "picture" are what no extension names.
    "feeds": {
        "folder": "shelflens.feed.folder:open_folder",
        "picture": "shelflens.feed.folder:open_picture",
        "csv": "shelflens.feed.table:open_table",
        "csv.gz": "shelflens.feed.table:open_table",
        "tsv": "shelflens.feed.table:open_table",
        "tsv.gz": "shelflens.feed.table:open_table",
        "jsonl": "shelflens.feed.jsonl:open_jsonl",
        "jsonl.gz": "shelflens.feed.jsonl:open_jsonl",
        "ndjson": "shelflens.feed.jsonl:open_jsonl",
        "parquet": "shelflens.feed.parquet:open_parquet",
        "txt": "shelflens.feed.urls:open_urls",
    },
    "recipes": {
        "full": "shelflens.train.recipes.full:RECIPE",
        "head": "shelflens.train.recipes.head:RECIPE",
        "partial": "shelflens.train.recipes.partial:RECIPE",
        "scratch": "shelflens.train.recipes.scratch:RECIPE",
    },
    "locators": {
        "activations": "shelflens.locate.activations:from_name",
        "auto": "shelflens.locate.auto:from_name",
        "detector": "shelflens.locate.detector:from_path",
        "plain": "shelflens.locate.plain:from_name",
        "whole": "shelflens.locate.whole:from_name",
    },
    "records": {
        "postgres": "shelflens.records.postgres:PostgresRecords",
        "sqlite": "shelflens.records.sqlite:SqliteRecords",
    },
    "text_embedders": {
        "hub": "shelflens.embed.hub_texts:from_name",
        "tower": "shelflens.embed.tower:from_document",
    },
    "recognisers": {"pocketsphinx": "shelflens.speech.sphinx:SphinxRecogniser"},
    "verifiers": {
        "barcode": "shelflens.verify.barcode:BarcodeVerifier",
        "colour": "shelflens.verify.colour:ColourVerifier",
        "hash": "shelflens.verify.hashing:HashVerifier",
        "lightglue": "shelflens.verify.lightglue:from_path",
        "local": "shelflens.verify.local:LocalVerifier",
        "words": "shelflens.verify.words:WordsVerifier",
    },
    "vectors": {
        "exact": "shelflens.vectors.exact:ExactIndex",
        "milvus": "shelflens.vectors.milvus:MilvusIndex",
        "pgvector": "shelflens.vectors.pgvector:PgVectorIndex",
        "ivf": "shelflens.vectors.ivf:IvfIndex",
    },
    "workers": {"ray": "shelflens.cluster.workers:RayWorkers"},
}

#: The kinds of vectors that a server keeps, by the scheme of its address.
SERVERS = ("milvus",)


def names(kind: str) -> list[str]:
    """Every name of a kind, built in or brought by a package, sorted."""
    return sorted({*BUILT_IN[kind], *(point.name for point in entry_points(group=f"shelflens.{kind}"))})


def find(kind: str, name: str) -> Any:
    """The object behind a name. Raises ShelflensError that lists what there is."""
    if place := BUILT_IN[kind].get(name):
        module, _, attribute = place.partition(":")
        return getattr(import_module(module), attribute)
    for point in entry_points(group=f"shelflens.{kind}", name=name):
        return point.load()
    raise ShelflensError(f"no {kind.rstrip('s')} called {name!r}; there is {', '.join(names(kind))}")

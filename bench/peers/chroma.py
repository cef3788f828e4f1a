"""Chroma: a persistent collection that loads pictures by itself, with lite0 as its embedding function."""

from __future__ import annotations

from pathlib import Path

import chromadb
import numpy as np
from chromadb.api.types import Embeddings, Images
from chromadb.utils.data_loaders import ImageLoader
from chromadb.utils.embedding_functions import EmbeddingFunction
from PIL import Image

from bench.bare import BareModel
from bench.peers import lite0
from bench.peers.job import DEPTH, Job, run

BATCH = 100  # photos that one call adds, as its guide for pictures does


class Lite0(EmbeddingFunction[Images]):
    def __init__(self, model: BareModel) -> None:
        self._model = model

    def __call__(self, input: Images) -> Embeddings:
        tensors = np.stack([self._model.tensor(Image.fromarray(picture)) for picture in input])
        return list(self._model.embed(tensors))


class Chroma:
    def __init__(self, job: Job) -> None:
        self._job = job
        client = chromadb.PersistentClient(
            path=str(job.scratch), settings=chromadb.Settings(anonymized_telemetry=False)
        )
        self._collection = client.create_collection(
            "photos",
            embedding_function=Lite0(lite0.load(job)),
            data_loader=ImageLoader(),
            metadata={"hnsw:space": "cosine"},
        )

    def index(self) -> None:
        photos = self._job.gallery_photos()
        for start in range(0, len(photos), BATCH):
            some = photos[start : start + BATCH]
            self._collection.add(ids=[photo.name for photo in some], uris=[str(photo) for photo in some])

    def query(self, photo: Path) -> list[str]:
        return list(self._collection.query(query_uris=[str(photo)], n_results=DEPTH)["ids"][0])


if __name__ == "__main__":
    run({"Chroma, lite0": Chroma}, packages=("chromadb",))

"""DeepImageSearch: its indexer, its FAISS store and its searcher, with lite0 as the documented CustomEmbedding.

Its own models (CLIP through open_clip, networks of timm) are downloaded from hubs when first used.
"""

from __future__ import annotations

from pathlib import Path

from DeepImageSearch.core.embeddings import CustomEmbedding
from DeepImageSearch.core.indexer import Indexer
from DeepImageSearch.core.searcher import Searcher
from DeepImageSearch.metadatastore.json_store import JsonMetadataStore
from DeepImageSearch.vectorstores.faiss_store import FAISSStore

from bench.peers import lite0
from bench.peers.job import DEPTH, Job, run

DIMENSION = 1280


class DeepImageSearch:
    def __init__(self, job: Job) -> None:
        self._job = job
        model = lite0.load(job)
        self._embedding = CustomEmbedding(lambda image: model.embed(model.tensor(image)[None])[0], DIMENSION, "lite0")
        self._store = FAISSStore(DIMENSION)
        self._searcher = Searcher(self._embedding, self._store)

    def index(self) -> None:
        records = JsonMetadataStore()
        Indexer(self._embedding, self._store, records).index([str(photo) for photo in self._job.gallery_photos()])
        self._store.save(str(self._job.scratch))
        records.save(str(self._job.scratch))

    def query(self, photo: Path) -> list[str]:
        return [
            Path(found["metadata"]["image_path"]).name for found in self._searcher.search_by_image(str(photo), DEPTH)
        ]


if __name__ == "__main__":
    run({"DeepImageSearch, lite0": DeepImageSearch}, packages=("DeepImageSearch",))

"""faiss: a graph over vectors of 8 bits a component, the least memory of all graphs here."""

from __future__ import annotations

from bench.peers.vector_job import run
from bench.peers.vectors_faiss import Faiss, cpp, kind


class Faiss8(Faiss):
    codes = cpp.ScalarQuantizer.QT_8bit


if __name__ == "__main__":
    run(kind("faiss HNSW, 8 bits", Faiss8))

"""Hub models, from a cache folder laid out as the hub's client lays it out, and from a hub on this machine.

The files are small real networks under the real models' names; the client and all loading code are the real ones.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelflens.embed.hub import fetch, folder_name, from_name, hub_model, manifest
from shelflens.embed.hub_models import HUB_MODELS
from shelflens.embed.pooling import unit
from shelflens.errors import ModelError
from shelflens.picture.pixels import pixels

pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")

NetworkWriter = Callable[..., Path]
COMMIT = "1234567890abcdef1234567890abcdef12345678"
UNPINNED = sorted(name for name, model in HUB_MODELS.items() if not model.sha256)
PINNED = sorted(name for name, model in HUB_MODELS.items() if model.sha256)


def build(name: str, folder: Path, write_network: NetworkWriter) -> dict[str, bytes]:
    """The model's files with the tensors of the real one and few weights."""
    model = hub_model(name)
    graph = write_network(
        folder / model.files[0],
        dimension=model.dimension,
        tokens=model.pooling != "none",
        source=model.input,
        output=model.output,
        external=len(model.files) > 1,
    )
    assert graph.is_file()
    return {file: (folder / file).read_bytes() for file in model.files}


def fill_cache(cache: Path, name: str, files: dict[str, bytes]) -> Path:
    """blobs/SHA256, snapshots/COMMIT/FILE -> blob, refs/main."""
    model = hub_model(name)
    folder = cache / folder_name(model)
    commit = COMMIT if model.revision == "main" else model.revision
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit, encoding="utf-8")
    for file, content in files.items():
        blob = folder / "blobs" / hashlib.sha256(content).hexdigest()
        blob.parent.mkdir(exist_ok=True)
        blob.write_bytes(content)
        link = folder / "snapshots" / commit / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    return folder


@pytest.mark.parametrize("name", UNPINNED)
def test_cached_model_is_loaded_without_a_network(
    name: str, tmp_path: Path, write_network: NetworkWriter, pictures: list[Image.Image]
) -> None:
    files = build(name, tmp_path / "built", write_network)
    fill_cache(tmp_path / "cache", name, files)
    embedder = from_name(name, threads=1, cache=tmp_path / "cache")
    assert embedder.manifest.name == f"hub:{name}"
    assert embedder.manifest.sha256 == hashlib.sha256(b"".join(files.values())).hexdigest()
    assert "@" in embedder.manifest.source
    vectors = embedder.embed(pictures)
    np.testing.assert_array_equal(vectors[0], vectors[-1])

    import onnxruntime

    model = hub_model(name)
    session = onnxruntime.InferenceSession(tmp_path / "built" / model.files[0], providers=["CPUExecutionProvider"])
    (output,) = session.run([model.output], {model.input: pixels(pictures[0], model.preprocessing)[None]})
    by_hand = output[0, 0] if model.pooling == "cls" else output[0]
    np.testing.assert_allclose(vectors[0], unit(by_hand[None])[0], atol=1e-6)


@pytest.mark.parametrize("name", PINNED)
def test_file_with_another_digest_than_the_known_one_is_refused(
    name: str, tmp_path: Path, write_network: NetworkWriter
) -> None:
    fill_cache(tmp_path / "cache", name, build(name, tmp_path / "built", write_network))
    with pytest.raises(ModelError, match="is known to be right; delete it"):
        from_name(name, cache=tmp_path / "cache")


def test_damaged_file_in_the_cache_is_refused(tmp_path: Path, write_network: NetworkWriter) -> None:
    folder = fill_cache(tmp_path, "dinov2-small", build("dinov2-small", tmp_path / "built", write_network))
    (blob,) = (folder / "blobs").iterdir()
    blob.write_bytes(blob.read_bytes()[:-1])
    with pytest.raises(ModelError, match="is damaged; delete it and fetch the model again"):
        fetch("dinov2-small", cache=tmp_path)


def test_other_weights_under_the_same_name_are_another_space(tmp_path: Path, write_network: NetworkWriter) -> None:
    spaces = set()
    for seed in (1, 2):
        graph = write_network(tmp_path / f"{seed}.onnx", dimension=384, tokens=True, seed=seed)
        spaces.add(manifest("dinov2-small", (graph,)).space)
    assert len(spaces) == 2


def test_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ModelError, match="no hub model called 'dinov9'; there is clip-base, dinov2-base"):
        from_name("dinov9")


def in_a_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The hub's client reads its environment once, on import."""
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


LOAD = "from shelflens.embed.loading import load_embedder; print(load_embedder('hub:dinov2-small').manifest.to_json())"


def test_absent_model_says_offline_what_to_do(tmp_path: Path) -> None:
    outcome = in_a_process(LOAD, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")
    last = outcome.stderr.strip().splitlines()[-1]
    assert "ModelError: hub:dinov2-small is not in the cache and cannot be downloaded" in last
    assert "shelflens models fetch dinov2-small" in last
    assert "models--Xenova--dinov2-small" in last


def test_cache_under_hf_home_is_used_offline(tmp_path: Path, write_network: NetworkWriter) -> None:
    fill_cache(tmp_path / "hub", "dinov2-small", build("dinov2-small", tmp_path / "built", write_network))
    outcome = in_a_process(LOAD, HF_HOME=str(tmp_path), HF_HUB_OFFLINE="1")
    assert json.loads(outcome.stdout)["source"] == f"huggingface.co/Xenova/dinov2-small@{COMMIT}"
    assert outcome.stderr == ""


@pytest.fixture
def hub() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A hub on this machine: the address, and the files ("owner/name/FILE") that it serves."""
    served: dict[str, bytes] = {}

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            if (content := self._answer()) is not None:
                self.wfile.write(content)

        def _answer(self) -> bytes | None:
            content = served.get(self.path.lstrip("/").replace("resolve/main/", ""))
            self.send_response(404 if content is None else 200)
            if content is None:
                self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hashlib.sha256(content or b"").hexdigest()}"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            return content

        def log_message(self, format: str, *arguments: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", served
    server.shutdown()
    thread.join()
    server.server_close()


def test_absent_model_is_downloaded_once_and_its_licence_shown(
    hub: tuple[str, dict[str, bytes]], tmp_path: Path, write_network: NetworkWriter
) -> None:
    address, served = hub
    files = build("dinov2-small", tmp_path / "built", write_network)
    served.update({f"Xenova/dinov2-small/{file}": content for file, content in files.items()})
    environment = {"HF_HOME": str(tmp_path / "home"), "HF_ENDPOINT": address, "HF_HUB_OFFLINE": "0"}
    first = in_a_process(LOAD, **environment)
    assert "downloading 88 MB from Xenova/dinov2-small; its licence is Apache-2.0" in first.stderr
    assert json.loads(first.stdout)["sha256"] == hashlib.sha256(*files.values()).hexdigest()
    served.clear()
    second = in_a_process(LOAD, **environment)
    assert second.stdout == first.stdout
    assert second.stderr == ""


def test_repository_without_the_export_says_how_to_make_one(hub: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    environment = {"HF_HOME": str(tmp_path), "HF_ENDPOINT": hub[0], "HF_HUB_OFFLINE": "0"}
    last = in_a_process(LOAD, **environment).stderr.strip().splitlines()[-1]
    assert "no longer has onnx/model.onnx" in last
    assert "optimum-cli export onnx --model facebook/dinov2-small" in last

"""A spoken question, heard by the words of a catalogue: in Python, on the command line, over HTTP."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.cli.command import shelflens as command
from tests.serve.conftest import Server

import shelflens
from shelflens.client import Client
from shelflens.errors import SpeechError
from shelflens.speech.base import RATE
from shelflens.speech.recording import read_wav_file

pytest.importorskip("pocketsphinx", reason="spoken questions are not installed; pip install 'shelflens[speech]'")

TITLES = (
    "Green apple juice",
    "Orange juice",
    "Red onion",
    "Crème de Xyzzq",
    "Apple pie",
    "Blue cheese",
    "Green tea",
    "",
)


@pytest.fixture(scope="module")
def catalogue(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("speech")
    lines = [f"p{number},{title},{shop}/p{number}/0.jpg" for number, title in enumerate(TITLES)]
    (folder / "products.csv").write_text("\n".join(["product_id,title,photo", *lines]), encoding="utf-8")
    with shelflens.open(folder / "shop.lens", create=True) as opened:
        opened.index(folder / "products.csv")
    return folder / "shop.lens"


def test_what_was_said_is_heard_again_and_again(catalogue: Path, spoken: Path) -> None:
    with shelflens.open(catalogue) as opened:
        assert opened.hear(spoken) == opened.hear(spoken.read_bytes()) == "green apple juice"


def test_only_words_of_the_catalogue_are_heard(catalogue: Path, spoken: Path, tmp_path: Path) -> None:
    with shelflens.open(shutil.copytree(catalogue, tmp_path / "shop.lens")) as opened:
        opened.remove(["p0"])
        assert set(opened.hear(spoken).split()) <= {word.lower() for title in TITLES for word in title.split()}
        opened.records.change_product("p0", lambda _: shelflens.types.Product("p0", "Green apple juice"))
        assert opened.hear(spoken) == "green apple juice"


def test_silence_says_nothing(catalogue: Path) -> None:
    from shelflens.speech.sphinx import SphinxRecogniser

    recogniser = SphinxRecogniser(TITLES)
    assert recogniser.hear(np.zeros(RATE, np.float32)) == ""
    with pytest.raises(SpeechError, match="no word of this catalogue"):
        SphinxRecogniser(["Xyzzq", "苹果"])


def test_loudness_does_not_matter(spoken: Path) -> None:
    from shelflens.speech.sphinx import SphinxRecogniser

    recogniser, samples = SphinxRecogniser(TITLES), read_wav_file(spoken)
    assert recogniser.hear(samples * np.float32(0.05)) == recogniser.hear(samples) == "green apple juice"


def test_the_command_shows_what_it_heard_and_searches_for_it(catalogue: Path, spoken: Path) -> None:
    said = command("search", catalogue, "--speech", spoken, "--k", 1)
    assert "Heard: green apple juice" in said.stderr
    assert "p0" in said.stdout
    asked = json.loads(command("search", catalogue, "--speech", spoken, "--text", "cheap", "--json").stdout)
    assert asked["text"] == "cheap green apple juice"


def test_a_server_hears_the_same(catalogue: Path, spoken: Path, tmp_path: Path) -> None:
    pytest.importorskip("uvicorn", reason="serving is not installed; pip install 'shelflens[serve]'")
    with Server(catalogue, log=tmp_path / "serve.log") as server:
        path = "/v1/catalogues/shop/transcribe"
        content = base64.b64encode(spoken.read_bytes()).decode()
        answer = server.http.post(path, json={"recording": {"base64": content}})
        assert answer.json() == {"text": "green apple juice"}
        with Client(server.url) as client:
            assert client.catalogue("shop").transcribe(spoken) == "green apple juice"
        refused = server.http.post(path, files={"recording": b"no recording"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "/recording"
        assert server.http.post(path, json={"recording": {"base64": "%"}}).status_code == 422
        said = command("search", "shop", "--server", server.url, "--speech", spoken, "--k", 1)
        assert "p0" in said.stdout

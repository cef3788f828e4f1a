"""The text side of hub models: small random networks and tokenizers under the real models' names, and the real code."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.embed.test_hub import fill_cache

from shelflens.embed.base import TextEmbedder
from shelflens.embed.hub_models import HUB_MODELS
from shelflens.embed.hub_texts import HubTextEmbedder, from_name
from shelflens.errors import ModelError, SpaceError

pytest.importorskip("huggingface_hub", reason="the extra `hub` is not installed")
tokenizers = pytest.importorskip("tokenizers", reason="the extra `hub` is not installed")

DIMENSION = 12
WORDS = ("[pad]", "[unk]", "red", "green", "apple", "juice")
SPEAKING = sorted(name for name, model in HUB_MODELS.items() if model.text)


def text_network(*, inputs: tuple[str, ...], output: str) -> bytes:
    """The mean of the tokens' vectors."""
    table = np.random.default_rng(3).normal(size=(len(WORDS), DIMENSION)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["vectors"]),
        helper.make_node("ReduceMean", ["vectors"], [output], axes=[1], keepdims=0),
    ]
    if "attention_mask" in inputs:
        nodes.append(helper.make_node("Identity", ["attention_mask"], ["seen"]))
    graph = helper.make_graph(
        nodes,
        "text",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["B", "T"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["B", DIMENSION])],
        [numpy_helper.from_array(table, "table")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def tokenizer() -> bytes:
    numbered = {word: number for number, word in enumerate(WORDS)}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(numbered, unk_token="[unk]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return str(made.to_str()).encode()


Cached = Callable[..., Path]


@pytest.fixture
def cached(tmp_path: Path) -> Cached:
    """A hub cache that holds the text side of a model."""

    def fill(name: str, *, inputs: tuple[str, ...] = ("input_ids",), output: str = "") -> Path:
        side = HUB_MODELS[name].text
        assert side
        graph, words = side.files
        network = text_network(inputs=inputs, output=output or side.output)
        fill_cache(tmp_path / "cache", name, {graph: network, words: tokenizer()})
        return tmp_path / "cache"

    return fill


def load(name: str, cache: Path) -> HubTextEmbedder:
    return from_name(name, space="a" * 12, model=f"hub:{name}", threads=1, cache=cache)


@pytest.mark.parametrize("name", SPEAKING)
@pytest.mark.parametrize("inputs", [("input_ids",), ("input_ids", "attention_mask")])
def test_texts_become_unit_vectors_whatever_the_batch(name: str, inputs: tuple[str, ...], cached: Cached) -> None:
    embedder: TextEmbedder = load(name, cached(name, inputs=inputs))
    assert embedder.space == "a" * 12
    texts = ["red apple", "green juice", "", "red apple", "juice " * 500]
    together = embedder.embed_texts(texts)
    assert together.shape == (5, DIMENSION) and together.dtype == np.float32
    for text, vector in zip(texts, together, strict=True):
        assert np.linalg.norm(vector) == pytest.approx(1 if text else 0, abs=1e-5)
        if text:
            np.testing.assert_array_equal(embedder.embed_texts([text])[0], vector)
    np.testing.assert_array_equal(together[0], together[3])
    assert not np.array_equal(together[0], together[1])


def test_a_text_is_the_mean_of_its_tokens(cached: Cached) -> None:
    """The slow twin; clip-base is not padded."""
    table = np.random.default_rng(3).normal(size=(len(WORDS), DIMENSION))
    expected = table[[WORDS.index("green"), WORDS.index("apple"), WORDS.index("[unk]")]].mean(axis=0)
    found = load("clip-base", cached("clip-base")).embed_texts(["green apple pie"])[0]
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_siglip_is_padded_to_the_length_it_learnt_on_and_reads_small_letters(cached: Cached) -> None:
    table = np.random.default_rng(3).normal(size=(len(WORDS), DIMENSION))
    expected = table[[WORDS.index("red"), *[0] * 63]].mean(axis=0)
    found = load("siglip2-base", cached("siglip2-base")).embed_texts(["RED"])[0]
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_photos_of_another_model_are_refused(cached: Cached) -> None:
    cache = cached("clip-base")
    assert from_name("clip-base", space="s", model="located:auto,hub:clip-base", cache=cache).space == "s"
    for model in ("lite0", "hub:siglip2-base"):
        with pytest.raises(SpaceError, match="index it with --model hub:clip-base"):
            from_name("clip-base", space="s", model=model, cache=cache)
    with pytest.raises(ModelError, match="hub:dinov2-small knows no words"):
        from_name("dinov2-small", space="s", model="hub:dinov2-small", cache=cache)


def test_a_graph_that_is_no_text_encoder_says_what_is_wrong(cached: Cached, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has no output 'text_embeds'; there is other"):
        load("clip-base", cached("clip-base", output="other"))
    (tmp_path / "words.json").write_text(json.dumps({"no": "tokenizer"}), encoding="utf-8")
    side = HUB_MODELS["clip-base"].text
    assert side
    with pytest.raises(ModelError, match=r"words\.json: no tokenizer"):
        HubTextEmbedder(side, tmp_path / "none.onnx", tmp_path / "words.json", space="s", threads=1)

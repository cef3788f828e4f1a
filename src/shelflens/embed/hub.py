"""Models of the Hugging Face hub, by name: looked up in the hub's cache, downloaded once when they are not there."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from shelflens.embed.hub_models import HUB_MODELS, HubModel
from shelflens.embed.onnx import OnnxEmbedder
from shelflens.errors import ModelError
from shelflens.manifest import ModelManifest
from shelflens.network.weights import digest

logger = logging.getLogger(__name__)


def from_name(reference: str, *, threads: int = 0, cache: Path | None = None) -> OnnxEmbedder:
    """`hub:NAME`. Without a network it is enough that the files are in the cache."""
    files = fetch(reference, cache=cache)
    return OnnxEmbedder(manifest(reference, files), files[0], threads=threads)


def fetch(name: str, *, cache: Path | None = None) -> tuple[Path, ...]:
    """The model's files, downloaded unless they are in the cache (None: the hub's own, $HF_HOME).

    Every file is checked against the digest that the hub gives for it. Says the licence before a download.
    Raises ModelError.
    """
    model = hub_model(name)
    return fetch_files(name, model.files, megabytes=model.megabytes, cache=cache)


def fetch_files(name: str, files: tuple[str, ...], *, megabytes: int, cache: Path | None) -> tuple[Path, ...]:
    """Some files of the model, as `fetch`."""
    model = hub_model(name)
    try:
        from huggingface_hub import errors, hf_hub_download
    except ImportError:
        raise ModelError(f"hub:{name} needs the hub's client: pip install 'shelflens[hub]'") from None

    def get(file: str, *, cached: bool) -> Path:
        found = hf_hub_download(
            model.repository, file, revision=model.revision, cache_dir=cache, local_files_only=cached
        )
        return Path(found)

    try:
        return _checked(tuple(get(file, cached=True) for file in files))
    except errors.LocalEntryNotFoundError:
        logger.warning(
            "hub:%s: downloading %d MB from %s; its licence is %s, see huggingface.co/%s",
            name,
            megabytes,
            model.repository,
            model.licence,
            model.original,
        )
    try:
        return _checked(tuple(get(file, cached=False) for file in files))
    except (errors.RemoteEntryNotFoundError, errors.RevisionNotFoundError):
        raise ModelError(
            f"hub:{name}: {model.repository} no longer has {' or '.join(files)}; export the model yourself, "
            f"optimum-cli export onnx --model {model.original} FOLDER, and use onnx:FOLDER/model.onnx with a manifest"
        ) from None
    except errors.GatedRepoError:
        raise ModelError(
            f"hub:{name}: {model.repository} wants its licence ({model.licence}) accepted first: do so on its page on "
            "huggingface.co, then run `hf auth login`"
        ) from None
    except errors.RepositoryNotFoundError:
        raise ModelError(f"hub:{name}: there is no repository {model.repository} any more, or it is private") from None
    except OSError as error:  # no network, offline mode, a full disk: the hub's client has it all under OSError
        raise ModelError(
            f"hub:{name} is not in the cache and cannot be downloaded ({_first_line(error)}); run `shelflens models "
            f"fetch {name}` on a machine with network and copy its folder {folder_name(model)} into this machine's "
            "hub cache ($HF_HOME/hub, usually ~/.cache/huggingface/hub)"
        ) from None


def hub_model(name: str) -> HubModel:
    """Raises ModelError that lists the known ones."""
    try:
        return HUB_MODELS[name]
    except KeyError:
        raise ModelError(
            f"no hub model called {name!r}; there is {', '.join(sorted(HUB_MODELS))}. Any other: download or export "
            "its image encoder as ONNX (optimum-cli export onnx --model OWNER/NAME FOLDER) and use onnx:PATH"
        ) from None


def manifest(name: str, files: tuple[Path, ...]) -> ModelManifest:
    """Of the fetched files: their digest names the space, so that other weights under the same name are refused."""
    model = hub_model(name)
    sha256 = digest(files)
    if model.sha256 and sha256 != model.sha256:
        raise ModelError(
            f"hub:{name}: {files[0]} has SHA-256 {sha256}, but {model.sha256} is known to be right; delete it and "
            "fetch it again"
        )
    commit = re.search(r"/snapshots/([^/]+)/", files[0].as_posix())
    return ModelManifest(
        name=f"hub:{name}",
        sha256=sha256,
        dimension=model.dimension,
        preprocessing=model.preprocessing,
        licence=model.licence,
        input=model.input,
        output=model.output,
        pooling=model.pooling,
        source=f"huggingface.co/{model.repository}@{commit.group(1) if commit else model.revision}",
        paper=model.paper,
    )


def folder_name(model: HubModel) -> str:
    """In the hub's cache."""
    return f"models--{model.repository.replace('/', '--')}"


def _checked(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The cache keeps a large file under its SHA-256 and links to it; a damaged one no longer fits its name."""
    for path in files:
        blob = path.resolve()
        if re.fullmatch(r"[0-9a-f]{64}", blob.name) and digest((blob,)) != blob.name:
            raise ModelError(f"{blob} is damaged; delete it and fetch the model again")
    return files


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]

"""A real Milvus 2.3 for tests, standalone, from the wheel `milvus`: on a port of its own, gone afterwards."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

NEEDED = "Milvus is not installed; pip install 'shelflens[milvus]' milvus"
#: Beats of the server's clocks, milliseconds: a search that asks for the newest state waits for the next.
_QUICK = {"timeTickInterval: 200": "timeTickInterval: 20", "checkInterval: 1000": "checkInterval: 100"}


def installed() -> bool:
    return find_spec("milvus") is not None and find_spec("pymilvus") is not None


@contextmanager
def server() -> Iterator[str]:
    """Its HOST:PORT."""
    from milvus import MilvusServer

    folder = Path(tempfile.mkdtemp(prefix="shelflens-milvus-"))
    running = MilvusServer()
    for usual, quick in _QUICK.items():
        running.config.template_text = running.config.template_text.replace(usual, quick)
    running.set_base_dir(str(folder))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # the wheel leaves a socket open for each port in use
            running.start()
        yield f"127.0.0.1:{running.listen_port}"
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared(folder: Path) -> Iterator[str]:
    """The HOST:PORT of one server for all test processes that share the folder, as a second one on a machine does not
    start. Whoever comes first starts it, and stops it when the others have gone."""
    address, users = folder / "milvus", folder / "milvus-users"
    users.mkdir(exist_ok=True)
    own = users / str(os.getpid())
    with ExitStack() as stack:
        with _alone(folder):
            starts = not address.exists()
            if starts:
                address.write_text(stack.enter_context(server()))
            own.touch()
        try:
            yield address.read_text()
        finally:
            own.unlink()
            while starts and address.exists():
                with _alone(folder):
                    if not any(users.iterdir()):
                        address.unlink()
                time.sleep(0.1)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "milvus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

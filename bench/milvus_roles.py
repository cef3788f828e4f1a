"""Milvus as a cluster of separate roles, all on this machine, gone afterwards.

The binary is that of the wheel `milvus`; etcd is Debian's (`apt-get install etcd-server`). moto, which answers as S3
would, is the object store, and librdkafka's broker for tests is the queue. These two live in an environment of their
own, as they want an older python-dateutil than shelflens:

    python -m venv build/standins
    build/standins/bin/pip install 'moto[s3]' flask flask-cors confluent-kafka

That broker keeps the last 5 MB of each channel, in memory. So data nodes write to the store every few seconds.
"""

from __future__ import annotations

import lzma
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from tests import milvus
from tests.postgres import free_port

from bench.photos import REPOSITORY

STANDINS: Final = Path(os.environ.get("SHELFLENS_STANDINS", REPOSITORY / "build" / "standins")) / "bin" / "python"
ROLES: Final = ("rootcoord", "datacoord", "querycoord", "indexnode", "datanode", "querynode", "proxy")
START_SECONDS: Final = 120
_LOOPBACK: Final = {f"{role.upper()}_IP": "127.0.0.1" for role in ROLES}
_SETTINGS: Final = {
    **_LOOPBACK,
    "ETCD_USE_EMBED": "false",
    "MQ_TYPE": "kafka",
    "COMMON_STORAGETYPE": "minio",
    "COMMON_SESSION_TTL": "10",  # seconds after which a dead node is missed; 30 unless configured
    "COMMON_GRACEFULSTOPTIMEOUT": "1",
    "DATANODE_SEGMENT_SYNCPERIOD": "10",  # seconds; see above
    "QUERYCOORD_CHECKINTERVAL": "500",
    "LOG_LEVEL": "warn",
}
_BROKER: Final = """
import sys, confluent_kafka
producer = confluent_kafka.Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "unused"})
(broker,) = producer.list_topics(timeout=10).brokers.values()
print(f"{broker.host}:{broker.port}", flush=True)
sys.stdin.read()
"""


def missing() -> str:
    """What is to be installed first; empty if nothing is."""
    if find_spec("milvus") is None or find_spec("pymilvus") is None:
        return milvus.NEEDED
    if shutil.which("etcd") is None:
        return "etcd is not installed; apt-get install etcd-server"
    if not STANDINS.exists():
        return f"{STANDINS} is not there; make it as the first lines of bench/milvus_roles.py say"
    return ""


@dataclass(frozen=True, slots=True)
class Role:
    name: str  # of ROLES, or of what they stand on
    process: subprocess.Popen[bytes]
    health: int  # port, 0 if it has none

    def ready(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} has ended; see its log")
        try:
            with urlopen(f"http://127.0.0.1:{self.health}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False


class Cluster:
    """Roles in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._settings: dict[str, str] = {}
        self._roles: list[Role] = []
        self._proxy = free_port()

    @property
    def at(self) -> str:
        """HOST:PORT of its proxy."""
        return f"127.0.0.1:{self._proxy}"

    def running(self, name: str) -> list[Role]:
        return [role for role in self._roles if role.name == name and role.process.poll() is None]

    @property
    def processes(self) -> int:
        return sum(role.process.poll() is None for role in self._roles)

    def kill(self, name: str) -> None:
        """kill -9 of one of the role's processes."""
        self.running(name)[0].process.kill()

    def add(self, name: str) -> Role:
        """One more process of the role; it answers later."""
        number, health = len(self._roles), free_port()
        port = self._proxy if name == "proxy" else free_port()
        own = {
            f"{name.upper()}_PORT": str(port),
            "PROXY_INTERNALPORT": str(free_port()),
            "METRICS_PORT": str(health),
            "LOCALSTORAGE_PATH": str(self._folder / f"{name}-{number}"),
            "LD_LIBRARY_PATH": str(self._folder / "bin"),
            "MILVUSCONF": str(self._folder / "configs"),
        }
        command = [str(self._folder / "bin" / "milvus"), "run", name, "-alias", str(number)]
        return self._start(name, command, {**_SETTINGS, **self._settings, **own}, health=health)

    def begin(self, *, data_nodes: int, query_nodes: int) -> None:
        """Answers when it returns."""
        self._unpack()
        store, etcd = free_port(), free_port()
        self._start("etcd", self._etcd(etcd))
        self._start("store", [str(STANDINS), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(store)])
        broker = self._start("broker", [str(STANDINS), "-c", _BROKER])
        assert broker.process.stdout is not None
        self._settings = {
            "ETCD_ENDPOINTS": f"127.0.0.1:{etcd}",
            "MINIO_ADDRESS": "127.0.0.1",
            "MINIO_PORT": str(store),
            "KAFKA_BROKERLIST": broker.process.stdout.readline().decode().strip(),
        }
        count = {"datanode": data_nodes, "querynode": query_nodes}
        roles = [self.add(name) for name in ROLES for _ in range(count.get(name, 1))]
        until = time.monotonic() + START_SECONDS
        while not all(role.ready() for role in roles):
            if time.monotonic() > until:
                late = ", ".join(role.name for role in roles if not role.ready())
                raise RuntimeError(f"{late} did not answer within {START_SECONDS} s")
            time.sleep(0.5)

    def end(self) -> None:
        """At once: nothing here is kept."""
        for role in reversed(self._roles):
            role.process.kill()
            role.process.communicate()

    def _unpack(self) -> None:
        from milvus import MilvusServer

        server = MilvusServer()
        server.set_base_dir(str(self._folder))
        server.config.resolve()  # writes configs/milvus.yaml, whose values the environment overrules
        wheel = find_spec("milvus")
        assert wheel is not None and wheel.submodule_search_locations is not None
        into = self._folder / "bin"
        into.mkdir()
        for packed in (Path(wheel.submodule_search_locations[0]) / "data" / "bin").glob("*.lzma"):
            (into / packed.stem).write_bytes(lzma.decompress(packed.read_bytes()))
            (into / packed.stem).chmod(0o755)

    def _etcd(self, port: int) -> list[str]:
        own, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
        urls = [f"--listen-client-urls={own}", f"--advertise-client-urls={own}", f"--listen-peer-urls={peer}"]
        peers = [f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}"]
        return ["etcd", f"--data-dir={self._folder / 'etcd'}", "--unsafe-no-fsync", *urls, *peers]

    def _start(
        self, name: str, command: Sequence[str], settings: Mapping[str, str] | None = None, *, health: int = 0
    ) -> Role:
        with (self._folder / f"{len(self._roles)}-{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**os.environ, **(settings or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if name == "broker" else log,
                stderr=log,
            )
        role = Role(name, process, health)
        self._roles.append(role)
        return role


@contextmanager
def running(*, data_nodes: int = 2, query_nodes: int = 3) -> Iterator[Cluster]:
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="shelflens-roles-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = Cluster(folder)
        stack.callback(cluster.end)
        cluster.begin(data_nodes=data_nodes, query_nodes=query_nodes)
        yield cluster

"""`python -m bench.milvus_roles`: Milvus as a cluster of separate roles, all on this machine; nodes of it are killed.

It runs our own tests of vectors on a server against it; then a query node and a data node are killed while a catalogue
is searched and written. Three shards, two replicas, three query nodes, two data nodes.

The binary is that of the wheel `milvus`; etcd is Debian's (`apt-get install etcd-server`). moto, which answers as S3
would, is the object store, and librdkafka's broker for tests is the queue. These two live in an environment of their
own, as they want an older python-dateutil than shelflens:

    python -m venv build/standins
    build/standins/bin/pip install 'moto[s3]' flask flask-cors confluent-kafka

That broker keeps the last 5 MB of each channel, in memory. So data nodes write to the store every few seconds.

Milvus listens on all addresses. Where others reach this machine, give it a network of its own:

    unshare --net sh -c 'ip link set lo up && python -m bench.milvus_roles'
"""

from __future__ import annotations

import argparse
import lzma
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

from tests import milvus
from tests.postgres import free_port

from bench.photos import REPOSITORY
from bench.report import Table
from bench.stores import modelled
from bench.toll import COLUMNS, Callers, Patience, Toll, failures
from bench.workbench import MODEL
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.embed.loading import load_embedder
from shelflens.records.base import Batch, Embedded
from shelflens.types import Photo, Product

STANDINS: Final = Path(os.environ.get("SHELFLENS_STANDINS", REPOSITORY / "build" / "standins")) / "bin" / "python"
ROLES: Final = ("rootcoord", "datacoord", "querycoord", "indexnode", "datanode", "querynode", "proxy")
START_SECONDS: Final = 120
SHARDS, REPLICAS = 3, 2
MOST, BATCH, EACH = 20_000, 64, 5  # photos: of all, of a batch at first, of one written later
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
    "PROXY_TIMETICKINTERVAL": "100",  # milliseconds
    "LOG_LEVEL": "warn",
}
#: The broker answers who waits for messages after this time only, if there was none at first; 500 ms otherwise.
_QUICKLY: Final = "\nkafka:\n  consumer:\n    fetch.wait.max.ms: 20\n"
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
        with (self._folder / "configs" / "milvus.yaml").open("a") as file:
            file.write(_QUICKLY)
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


class Shop:
    """A catalogue in a directory, its vectors on the cluster; modelled, each unlike the others."""

    def __init__(self, path: Path, at: str) -> None:
        self._path, self._at = path, at
        self.catalogue = open_catalogue(path, create=True, model=MODEL, locate="whole", vectors=self._vectors)
        manifest = load_embedder(MODEL, threads=1).manifest
        self.space = self.catalogue.records.add_space(manifest)
        self._drawn = modelled(MOST, manifest.dimension, seed=1)
        self.filled = 0

    @property
    def _vectors(self) -> str:
        return f"milvus://{self._at}?shards={SHARDS}&replicas={REPLICAS}"

    def fill(self, count: int) -> None:
        for start in range(0, count, BATCH):
            self._put(range(start, min(start + BATCH, count)))
        self.catalogue.gallery.refresh()
        self.filled = count

    def write(self, number: int) -> None:
        """A batch; acknowledged when its photos are searched."""
        first = self.filled + number * EACH
        self._put(range(first, first + EACH))
        self.catalogue.gallery.refresh()

    def search(self, number: int) -> None:
        assert self._finds(self.catalogue, number % self.filled), "a photo that was there is not found"

    def missing(self, writes: Sequence[int]) -> int:
        """Photos, those at first and of acknowledged writes, that whoever opens the catalogue now does not find. The
        query nodes forget what they hold before, so that it comes from the store and the queue."""
        from pymilvus import MilvusClient

        self.catalogue.close()
        client = MilvusClient(uri=f"http://{self._at}")
        for name in client.list_collections():
            client.release_collection(name)
        client.close()
        numbers = [self.filled + write * EACH + at for write in writes for at in range(EACH)]
        with open_catalogue(self._path) as opened:
            lost = sum(not self._finds(opened, number) for number in range(self.filled))
            return lost + sum(not self._finds(opened, number) for number in numbers)

    def _put(self, numbers: range) -> None:
        photos = [Photo(f"{n:064x}", f"p{n // EACH}", f"{n}.jpg", 9, 9) for n in numbers]
        embedded = [Embedded(photo, self._drawn[n], self.space) for photo, n in zip(photos, numbers, strict=True)]
        products = [Product(product_id) for product_id in sorted({photo.product_id for photo in photos})]
        self.catalogue.records.write(Batch(products, embedded), space=self.space)

    def _finds(self, catalogue: Catalogue, number: int) -> bool:
        found = catalogue.gallery.neighbours(self._drawn[number : number + 1], 1)
        photo = catalogue.records.photos([int(found.keys[0, 0])]).get(int(found.keys[0, 0]))
        return photo is not None and photo.photo_id == f"{number:064x}"


def contract(at: str) -> int:
    """Our own tests of vectors on a server, asked of this one; their exit status."""
    chosen = ("tests/vectors", "tests/assemble/test_shared_vectors.py", "-k", "milvus or shards")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
    return subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, "SHELFLENS_TEST_MILVUS": at}, check=False
    ).returncode


def named(error: Exception) -> str:
    """Its kind and its reason, without the digests and ports that differ from one to the next."""
    return f"{type(error).__name__}: {re.sub(r'[0-9a-f]{6,}|[0-9]{4,}', 'N', str(error))[:160]}"


def killed(cluster: Cluster, shop: Shop) -> list[Toll]:
    tolls = []
    callers = Callers(shop.search, shop.write, named=named)
    with callers.calling():
        for role in ("querynode", "datanode"):
            tolls.append(callers.watch(f"a {role} killed", partial(cluster.kill, role), Patience()))
            cluster.add(role)
    written = sorted({number for toll in tolls for number in toll.acknowledged})
    return [*tolls[:-1], replace(tolls[-1], missing=shop.missing(written))]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.milvus_roles", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--photos", type=int, default=1_000)
    parser.add_argument("--no-tests", action="store_true", help="kill only; do not run the contract tests before")
    parser.add_argument("--stay", action="store_true", help="only start it, say where, and stay till Ctrl-C")
    asked = parser.parse_args()
    if lacking := missing():
        parser.error(lacking)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # its processes end with it
    started = time.monotonic()
    with running() as cluster, tempfile.TemporaryDirectory() as folder:
        print(f"{cluster.processes} processes after {time.monotonic() - started:.0f} s, at {cluster.at}", flush=True)
        if asked.stay:
            with suppress(KeyboardInterrupt):
                signal.pause()
            return 0
        failed = 0 if asked.no_tests else contract(cluster.at)
        shop = Shop(Path(folder) / "shop.lens", cluster.at)
        shop.fill(asked.photos)
        tolls = killed(cluster, shop)
    title = f"{asked.photos:,} photos, {SHARDS} shards, {REPLICAS} replicas"
    print(Table(title, COLUMNS, tuple(toll.row() for toll in tolls)).markdown())
    return int(bool(failed) or failures(tolls) > 0)


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m bench.faults`: what breaks while a catalogue is searched and written, and what that costs.

Three servers over PostgreSQL (a primary, two synchronous replicas) and a Milvus of separate roles, three query nodes
and two data nodes (see bench/milvus_roles.py for what it needs); callers search and upload photos through them. Then a
server, a query node, a data node and Milvus' proxy are killed (-9), the primary, and a worker of a Ray cluster of three
nodes that is indexing. Last, the disk of a catalogue in a directory is full (a mount of its own, which takes root).

A server, a node and the proxy are started again, as whoever runs them would do, and a replica is promoted. Keep others
away from the ports as bench/milvus_roles.py says.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from tests import postgres, ray_cluster

from bench import milvus_roles, photos
from bench.front import ADDED, Front, Stock, unfound
from bench.milvus_roles import named
from bench.report import Table
from bench.toll import COLUMNS, Callers, Patience, Toll, failures
from bench.upgrading import OWN_COSINE, drawn
from bench.workbench import MODEL
from shelflens.assemble import open_catalogue
from shelflens.indexing import Progress
from shelflens.types import Product

AWAY = 3.0  # seconds until what was killed is started again
ASKED, WRITTEN, MORE = 40, 600, 300  # photos
NODES = 3  # of Ray
DISK = 64  # MiB


def server_killed(front: Front, callers: Callers) -> Toll:
    def do() -> None:
        front.kill_server()
        time.sleep(AWAY)
        front.add_server()

    return callers.watch("one of three servers killed", do, Patience(least=10))


def query_node_killed(front: Front, callers: Callers) -> Toll:
    return callers.watch("a query node killed", partial(_again, front, "querynode"), Patience())


def data_node_killed(front: Front, callers: Callers) -> Toll:
    return callers.watch("a data node killed", partial(_again, front, "datanode"), Patience())


def proxy_killed(front: Front, callers: Callers) -> Toll:
    return callers.watch("Milvus' only proxy killed", partial(_again, front, "proxy"), Patience())


def _again(front: Front, role: str) -> None:
    front.cluster.kill(role)
    time.sleep(AWAY)
    front.cluster.add(role)


def primary_killed(front: Front, callers: Callers) -> Toll:
    primary, replica, *_ = front.databases

    def do() -> None:
        primary.kill()
        replica.promote()

    return callers.watch("the primary killed, a replica promoted", do, Patience(least=15))


def worker_killed(front: Front, callers: Callers) -> Toll:
    """While a cluster indexes more photos. What it was given and the catalogue lacks afterwards counts as missing."""
    files = sorted(front.stock.more.rglob("*.jpg"))
    killed = list[int]()

    def kill(progress: Progress) -> None:
        if not killed and progress.kept > len(files) // 4:
            killed.append(min(ray_cluster.workers()))
            os.kill(killed[0], signal.SIGKILL)

    def index() -> None:
        with front.catalogue(workers=f"ray:{front.ray}") as opened:
            opened.index(front.stock.more, on_progress=kill)

    toll = callers.watch("a Ray worker killed while it indexes", index, Patience(least=5))
    assert killed, "no worker was killed"
    return replace(toll, missing=front.lacking(files))


FAULTS: dict[str, Callable[[Front, Callers], Toll]] = {
    "server": server_killed,
    "querynode": query_node_killed,
    "datanode": data_node_killed,
    "proxy": proxy_killed,
    "worker": worker_killed,
    "primary": primary_killed,
}


def shared(stock: Stock, chosen: Sequence[str], scratch: Path) -> list[Toll]:
    """Of the faults of several machines."""
    os.environ.setdefault("RAY_raylet_start_wait_time_s", "180")  # it shares two cores with all the others
    with ExitStack() as stack:
        ray = stack.enter_context(ray_cluster.running(NODES)) if "worker" in chosen else ""
        databases = stack.enter_context(postgres.servers("primary", "one", "two"))
        primary, *replicas = databases
        primary.make()
        primary.start(synchronous_standby_names="2 (one, two)")
        for replica in replicas:
            replica.copy(primary)
            replica.start()
        cluster = stack.enter_context(milvus_roles.running())
        front = Front(stack, stock, databases, cluster, ray=ray, logs=scratch)
        front.open()
        callers = Callers(front.search, front.write, named=named)
        with callers.calling():
            tolls = [told(FAULTS[name](front, callers)) for name in FAULTS if name in chosen]
        missing = front.missing(sorted({number for toll in tolls for number in toll.acknowledged}))
        return [*tolls[:-1], replace(tolls[-1], missing=tolls[-1].missing + missing)] if tolls else []


def disk_full(stock: Stock, scratch: Path) -> Toll:
    """A catalogue in a directory, on a disk where a file takes what is left, and goes."""
    random = np.random.default_rng(0)
    with _disk(scratch / "disk") as disk, open_catalogue(disk / "shop.lens", create=True, model=MODEL) as catalogue:
        catalogue.index(stock.indexed)
        catalogue.records.change_product(ADDED, lambda _former: Product(ADDED))

        def search(number: int) -> None:
            (best,) = catalogue.search(stock.asked[number % len(stock.asked)], k=1)
            assert best.score > OWN_COSINE, "a photo that was there is not found"

        def write(number: int) -> None:
            words = random.bytes(2_000).hex()  # so that the records want room, too
            catalogue.records.change_product(f"p{number}", lambda _former: Product(f"p{number}", description=words))
            catalogue.add_photo(ADDED, stock.written[number].read_bytes())

        def fill() -> None:
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file:
                while _written(file.write, bytes(2**16)) or _written(file.write, b"."):
                    pass
                time.sleep(2 * AWAY)
            ballast.unlink()

        callers = Callers(search, write, every=0.2, named=named)
        with callers.calling():
            toll = told(callers.watch("the disk full", fill, Patience(least=5)))
        with open_catalogue(disk / "shop.lens") as opened:
            files = [*stock.indexed.rglob("*.jpg"), *(stock.written[number] for number in toll.acknowledged)]
            return replace(toll, missing=unfound(opened, files))


def _written(write: Callable[[bytes], int], data: bytes) -> bool:
    try:
        return write(data) > 0
    except OSError:
        return False


@contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def told(toll: Toll) -> Toll:
    print(f"{toll.fault}: undisturbed after {toll.recovered:.1f} s", file=sys.stderr, flush=True)
    return toll


def stocked(scratch: Path, data: Path, count: int) -> Stock:
    """Small cuts of real photos."""
    folders = {name: scratch / name for name in ("indexed", "written", "more")}
    indexed = drawn(folders["indexed"], photos.all_photos(data), count)
    written = drawn(folders["written"], photos.held_out(data), WRITTEN)
    drawn(folders["more"], photos.held_out(data)[::-1], MORE)
    return Stock(folders["indexed"], indexed[:: max(1, count // ASKED)], written, folders["more"])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--only", action="append", choices=[*FAULTS, "disk"], help="this fault; may be repeated")
    asked = parser.parse_args()
    chosen = asked.only or [*FAULTS, "disk"]
    data = photos.real_data()
    lacking = photos.ABSENT if data is None else milvus_roles.missing() if set(chosen) & set(FAULTS) else ""
    if lacking or data is None:
        parser.error(lacking)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers end with it
    with tempfile.TemporaryDirectory(prefix="shelflens-faults-") as folder:
        stock = stocked(Path(folder), data, asked.photos)
        tolls = shared(stock, chosen, Path(folder)) if set(chosen) & set(FAULTS) else []
        if "disk" in chosen:
            tolls.append(disk_full(stock, Path(folder)))
    note = "Missing: of the last row, all that was acknowledged in the rows before; of Ray's and the disk's, their own."
    print(Table(f"{asked.photos:,} photos", COLUMNS, tuple(toll.row() for toll in tolls), note).markdown())
    return int(failures(tolls) > 0)


if __name__ == "__main__":
    raise SystemExit(main())

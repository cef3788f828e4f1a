"""What many photos need, computed from what was measured: `python -m bench.paper` prints the tables of docs/scale.md.

The figures are in bench/measured.json, each with the command that printed it. Nothing here was run at these sizes; what
is assumed is in `Assumptions`, and each can be changed: `python -m bench.paper --set cores=32`.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report import Table

MEASURED = Path(__file__).with_name("measured.json")
SIZES = (10**7, 10**8, 10**9)
MIB, GIB = 2**20, 2**30
HOURS = 730  # of a month


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What was not measured. Prices are orders of magnitude of rented machines, in US dollars."""

    cores: int = 16  # of a node
    memory: int = 128  # GiB of a node
    busy: float = 0.6  # share of a node's cores and memory that may be used
    searches: int = 100  # a second, in all
    answer_ms: float = 100.0  # that the nearest photos may take
    copies: int = 2  # of everything, so that a node may fail
    embedding_nodes: int = 10  # rented for as long as the embedding takes
    core_hour: float = 0.03
    gib_hour: float = 0.004  # of memory
    disk_month: float = 0.10  # a GiB of SSD

    def node_hour(self) -> float:
        return self.cores * self.core_hour + self.memory * self.gib_hour


@dataclass(frozen=True, slots=True)
class Measured:
    """By the names in measured.json, in photos rather than millions."""

    indexing_cpu_ms: float
    fixed_query_ms: float  # CPU of a query, whatever the number of photos: PostgreSQL's part included
    scan_ns: float  # a photo and search
    record_bytes: float  # a photo
    index_bytes: float
    touched_bytes: float  # of the index, by searches: best in memory
    code_bytes: float  # codes that every search looks into: must be in memory

    @classmethod
    def read(cls, path: Path = MEASURED) -> Measured:
        its = {row["name"]: float(row["value"]) for row in json.loads(path.read_text())}
        per_photo = MIB / 10**6
        return cls(
            indexing_cpu_ms=its["indexing_cpu_ms"] + its["postgres_write_cpu_ms"],
            fixed_query_ms=its["query_cpu_ms"] - its["nearest_ms"] + its["postgres_search_cpu_ms"],
            # A straight line through two sizes: what does not grow is in neither slope.
            scan_ns=1e6 * (its["search_1m_ms"] - its["search_100k_ms"]) / (10**6 - 10**5),
            record_bytes=its["records_mib_1m"] * per_photo,
            index_bytes=its["index_mib_1m"] * per_photo,
            touched_bytes=(its["mapped_mib_1m"] + its["heap_mib_1m"]) * per_photo,
            code_bytes=its["memory_bytes"],
        )


@dataclass(frozen=True, slots=True)
class Need:
    photos: int
    embedding_core_hours: float
    embedding_days: float  # on `embedding_nodes`
    embedding_cost: float
    disk_tib: float  # records and index, one copy
    least_gib: float  # memory for the codes alone, one copy
    memory_gib: float  # with all that searches touch
    slices: int  # cores that scan side by side for one answer in time
    searches_a_core: float  # a second
    nodes: int  # for the searches asked for, with copies
    month: float  # cost of nodes and disks

    @classmethod
    def of(cls, photos: int, its: Measured, given: Assumptions) -> Need:
        embedding = photos * its.indexing_cpu_ms / 1e3 / 3600
        days = embedding / (given.embedding_nodes * given.cores) / 24
        disk = photos * (its.record_bytes + its.index_bytes) / GIB
        memory = photos * its.touched_bytes / GIB
        scan_ms = photos * its.scan_ns / 1e6
        query_ms = its.fixed_query_ms + scan_ms
        slices = math.ceil(scan_ms / given.answer_ms)
        by_cores = given.searches * query_ms / 1e3 / (given.cores * given.busy)
        by_memory = memory / (given.memory * given.busy)
        nodes = max(2, given.copies * math.ceil(by_memory), math.ceil(by_cores), math.ceil(slices / given.cores))
        month = nodes * given.node_hour() * HOURS + given.copies * disk * given.disk_month
        return cls(
            photos,
            embedding,
            days,
            embedding * given.node_hour() / given.cores,
            disk / 1024,
            photos * its.code_bytes / GIB,
            memory,
            slices,
            1e3 / query_ms,
            nodes,
            month,
        )


def tables(its: Measured, given: Assumptions) -> tuple[Table, ...]:
    needs = [Need.of(photos, its, given) for photos in SIZES]
    rows = (
        ("embedding, core-hours", *(f"{need.embedding_core_hours:,.0f}" for need in needs)),
        (f"embedding, days on {given.embedding_nodes} nodes", *(f"{need.embedding_days:.2g}" for need in needs)),
        ("embedding, $", *(f"{need.embedding_cost:,.0f}" for need in needs)),
        ("disk of one copy, TiB", *(f"{need.disk_tib:.2g}" for need in needs)),
        ("memory of one copy at least, GiB", *(f"{need.least_gib:.2g}" for need in needs)),
        ("memory of one copy, all that searches touch, GiB", *(f"{need.memory_gib:,.0f}" for need in needs)),
        (f"cores that scan for one answer within {given.answer_ms:g} ms", *(f"{need.slices:,}" for need in needs)),
        ("searches a second and core", *(f"{need.searches_a_core:.2g}" for need in needs)),
        (f"nodes for {given.searches} searches a second", *(f"{need.nodes:,}" for need in needs)),
        ("nodes and disks, $ a month", *(f"{need.month:,.0f}" for need in needs)),
    )
    note = (
        f"A node: {given.cores} cores, {given.memory} GiB, {given.busy:.0%} used, $ {given.node_hour():.2f} an hour; "
        f"{given.copies} copies; SSD $ {given.disk_month:.2f} a GiB and month."
    )
    sizes = Table("What so many photos need", ("", *(f"{photos:,} photos" for photos in SIZES)), rows, note)
    said = {
        "CPU of a photo, from its file to a durable vector": (its.indexing_cpu_ms, "ms"),
        "CPU of a query, whatever the number of photos": (its.fixed_query_ms, "ms"),
        "scan of a photo": (its.scan_ns, "ns"),
        "records of a photo": (its.record_bytes, "bytes"),
        "index of a photo": (its.index_bytes, "bytes"),
        "of it in memory at least": (its.code_bytes, "bytes"),
    }
    figures = tuple((name, f"{value:,.4g} {unit}") for name, (value, unit) in said.items())
    return sizes, Table("Computed from", ("figure", "measured"), figures)


def assumed(changes: Sequence[str]) -> Assumptions:
    """With `name=value` for each that is to be another. Raises ValueError that names what there is."""
    given = Assumptions()
    kinds = {field.name: type(getattr(given, field.name)) for field in dataclasses.fields(given)}
    for change in changes:
        name, _, value = change.partition("=")
        if name not in kinds:
            raise ValueError(f"no assumption {name!r}; there is {', '.join(kinds)}")
        given = dataclasses.replace(given, **{name: kinds[name](value)})
    return given


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.paper", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="another assumption")
    asked = parser.parse_args()
    try:
        given = assumed(asked.set)
    except ValueError as error:
        parser.error(str(error))
    print("\n\n".join(table.markdown() for table in tables(Measured.read(), given)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

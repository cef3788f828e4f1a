"""What only a server can suffer: killed writers, a killed server, several machines, wrong addresses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests import postgres

from shelflens.errors import CatalogueError
from shelflens.filters import parse as parse_filter
from shelflens.records.address import Address, parse
from shelflens.records.base import Batch, Embedded, Records
from shelflens.types import Product

Embed = Callable[..., Embedded]

#: Writes batch after batch of two products with a photo each and says which are durable.
WRITER = """
import sys
import numpy as np
from shelflens.errors import CatalogueError
from shelflens.manifest import ModelManifest
from shelflens.records.address import parse
from shelflens.records.base import Batch, Embedded
from shelflens.records.postgres import PostgresRecords
from shelflens.types import Photo, Preprocessing, Product

records = PostgresRecords(parse(sys.argv[1]), create=True)
space = records.add_space(ModelManifest("tiny", "0" * 64, 16, Preprocessing(), ""))
vectors = np.eye(16, dtype=np.float32)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    ids = [f"p{number}", f"q{number}"]
    placed = (vectors[number % 16], space, b"j" * 300)
    photos = [Embedded(Photo(f"{i}-{number}", i, f"{i}.jpg", 9, 9), *placed) for i in ids]
    batch = Batch([Product(i, title="x" * 200) for i in ids], photos)
    try:
        records.write(batch, space=space)
    except CatalogueError as error:
        sys.stderr.write(f"{error}\\n")
        records.write(batch, space=space)  # as whoever indexes starts the same command again
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def writer(address: Address, first: int, last: int) -> subprocess.Popen[str]:
    text = address.dsn.replace("postgresql://", "postgres://") + f"&catalogue={address.catalogue}"
    command = [sys.executable, "-c", WRITER, text, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def opened(address: Address, *, create: bool = False) -> Records:
    from shelflens.records.postgres import PostgresRecords

    return PostgresRecords(address, create=create)


def check_whole(address: Address, acknowledged: int) -> int:
    """The catalogue holds the batches 0..acknowledged-1 and perhaps more, each whole; says how many."""
    records = opened(address)
    found = {product.product_id for product in records.products()}
    batches = len(found) // 2
    assert batches >= acknowledged
    assert found == {f"{letter}{number}" for letter in "pq" for number in range(batches)}
    space = records.active_space()
    assert space is not None
    assert records.vectors([f"q{number}-{number}" for number in range(batches)], space=space).shape == (batches, 16)
    keys = [key for portion in records.changes(space, 0) for key in portion.put_keys.tolist()]
    assert sorted(keys) == list(range(1, 2 * batches + 1))
    assert records.counts().photos == 2 * batches
    records.close()
    return batches


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(new_address: Callable[[], Address]) -> None:
    address, random, done = new_address(), np.random.default_rng(), 0
    for _ in range(3):
        process = writer(address, done, 10**6)
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(2)]  # however slow the machine, some are acknowledged
        time.sleep(random.uniform(0, 0.15))
        process.kill()
        acknowledged = done + len(seen) + len(process.stdout.readlines())
        process.communicate()
        done = check_whole(address, acknowledged)
    assert done > 3


def test_writers_of_two_machines_take_turns_and_readers_see_whole_batches(new_address: Callable[[], Address]) -> None:
    address = new_address()
    records = opened(address, create=True)
    processes = [writer(address, 0, 25), writer(address, 25, 50)]
    seen, at, held = 0, 0, set[int]()
    while any(process.poll() is None for process in processes):
        photos = records.counts().photos
        assert photos % 2 == 0
        assert photos >= seen
        seen = photos
        if space := records.active_space():
            for portion in records.changes(space, at, limit=5):
                held |= set(portion.put_keys.tolist())
                at = portion.version
    for process in processes:
        _, error = process.communicate()
        assert process.returncode == 0, error
    records.close()
    check_whole(address, 50)
    assert held <= set(range(1, 101))


@pytest.fixture
def cluster() -> Iterator[list[postgres.Server]]:
    """A primary and two replicas; what it acknowledges lies on all three."""
    if not postgres.installed():
        pytest.skip(postgres.NEEDED)
    with postgres.servers("primary", "one", "two") as (primary, one, two):
        primary.make()
        primary.start(synchronous_standby_names="2 (one, two)")
        for replica in (one, two):
            replica.copy(primary)
            replica.start()
        yield [primary, one, two]


def test_a_replica_takes_over_with_all_that_was_acknowledged(cluster: list[postgres.Server]) -> None:
    """The primary is killed in the middle of writes; the writer waits for the replica and goes on by itself."""
    primary, one, two = cluster
    hosts = ",".join(f"127.0.0.1:{server.port}" for server in cluster)
    address = parse(f"postgres://postgres@{hosts}/postgres?catalogue=shop")
    records = opened(address, create=True)
    process = writer(address, 0, 10**6)
    assert process.stdout is not None
    before = [int(process.stdout.readline()) for _ in range(20)][-1]
    primary.kill()
    one.promote()
    after = before
    while after < before + 40:
        after = int(process.stdout.readline())
    process.kill()
    after += len(process.stdout.readlines())
    process.communicate()
    assert records.version() > 0  # this client, too, goes on with the replica
    records.close()
    assert check_whole(address, after + 1) > before
    two.stop()


def test_a_server_that_comes_back_serves_the_clients_that_it_had(embedded: Embed) -> None:
    if not postgres.installed():
        pytest.skip(postgres.NEEDED)
    with postgres.servers("one") as (server,):
        server.make()
        server.start()
        address = parse(f"{server.address}?catalogue=shop")
        process = writer(address, 0, 5)
        process.communicate()
        records = opened(address)
        assert len(list(records.products(["p1", "q1"]))) == 2
        server.kill()
        with pytest.raises(CatalogueError, match="cannot be reached, or has hung up"):
            records.version()
        server.start()
        assert len(list(records.products(["p1", "q1"]))) == 2
        assert records.counts().photos == 10
        records.close()
        check_whole(address, 5)


def test_texts_of_any_length_are_kept_and_found(new_address: Callable[[], Address], embedded: Embed) -> None:
    """PostgreSQL's ordinary index refuses what is longer than 2.7 kB and cannot be compressed."""
    from shelflens.manifest import ModelManifest
    from shelflens.types import Preprocessing

    records = opened(new_address(), create=True)
    space = records.add_space(ModelManifest("tiny", "0" * 64, 16, Preprocessing(), ""))
    random = np.random.default_rng(0)
    long = "".join(map(chr, random.integers(0x4E00, 0x9FFF, 3_000)))
    word = random.bytes(4_000).hex()
    product = Product("p", long, word, long, long, 1.0, long, attributes={"colour": long, "many": (long, "red")})
    records.write(Batch([product], [embedded("p", 1, f"https://shop/{long}")]), space=space)
    assert records.product("p") == product
    for condition in (f"colour = {long}", f'brand = "{long}" and category = "{long}"', "many = red"):
        assert len(records.matching(parse_filter(condition))) == 1
    assert [hit.product_id for hit in records.agreeing(long[:8], k=3)] == ["p"]
    records.close()


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    if not postgres.installed():
        pytest.skip(postgres.NEEDED)
    address = parse(f"postgres://ann:s3cret@127.0.0.1:{postgres.free_port()}/shops?catalogue=shop")
    with pytest.raises(
        CatalogueError, match=r"postgres://ann:\*\*\*@127\.0\.0\.1.*the server cannot be reached"
    ) as raised:
        opened(address)
    for error in (raised.value, raised.value.__cause__):
        assert "s3cret" not in f"{error!r} {error}"


def test_what_is_no_catalogue_is_refused_with_the_way_out(new_address: Callable[[], Address]) -> None:
    import psycopg

    address = new_address()
    with pytest.raises(CatalogueError, match="no catalogue there; make one with: shelflens index 'postgres://"):
        opened(address)
    opened(address, create=True).close()
    with psycopg.connect(address.dsn, autocommit=True) as connection:
        connection.execute(f"update \"{address.catalogue}\".meta set number = 99 where name = 'schema'")
        with pytest.raises(CatalogueError, match=r"made by a newer shelflens .* upgrade"):
            opened(address)
        foreign = new_address()
        connection.execute(f'create schema "{foreign.catalogue}" create table songs (title text)')
    for create in (False, True):
        with pytest.raises(CatalogueError, match="not the records of a shelflens catalogue"):
            opened(foreign, create=create)

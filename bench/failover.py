"""`python -m bench.failover`: a primary and two synchronous replicas; the primary is killed while photos are written.

Each round begins with three fresh servers. It prints how many writes were acknowledged, how many of them the promoted
replica has, and how long the writer, which goes on by itself, had to wait.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from tests import postgres
from tests.records.test_postgres import check_whole, writer

from shelflens.records.address import parse


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds, random = parser.parse_args().rounds, np.random.default_rng()
    lost = 0
    for number in range(1, rounds + 1):
        with postgres.servers("primary", "one", "two") as (primary, one, two):
            primary.make()
            primary.start(synchronous_standby_names="2 (one, two)")
            for replica in (one, two):
                replica.copy(primary)
                replica.start()
            hosts = ",".join(f"127.0.0.1:{server.port}" for server in (primary, one, two))
            address = parse(f"postgres://postgres@{hosts}/postgres?catalogue=shop")
            process = writer(address, 0, 10**6)
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(random.uniform(0.2, 2))
            killed = time.monotonic()
            primary.kill()
            one.promote()
            promoted = time.monotonic() - killed
            last, stall, at = 0, 0.0, killed
            while time.monotonic() - killed < promoted + 5:
                last = int(process.stdout.readline())
                stall, at = max(stall, time.monotonic() - at), time.monotonic()
            process.kill()
            acknowledged = max([last, *map(int, process.stdout.read().split())]) + 1
            process.communicate()
            found = check_whole(address, 0)
            lost += max(0, acknowledged - found)
            print(f"round {number}: {acknowledged} writes acknowledged, {found} found; promoted in {promoted:.2f} s, "
                  f"longest wait of the writer {stall:.2f} s", flush=True)  # fmt: skip
    print(f"{lost} acknowledged writes lost in {rounds} rounds")
    return int(lost > 0)


if __name__ == "__main__":
    raise SystemExit(main())

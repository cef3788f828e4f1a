"""The code of the READMEs runs as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shelflens.demo import draw

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make demo` leaves, with fewer products."""
    folder = tmp_path_factory.mktemp("readme") / "demo"
    draw(folder, products=8, workers=1)
    return folder


def blocks(readme: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / readme).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_code_of_the_readme_runs(readme: str, drawn: Path, tmp_path: Path) -> None:
    shutil.copytree(drawn, tmp_path / "demo")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    first, *others = blocks(readme, "sh")
    assert first.startswith("make demo")  # which the fixture stands for
    ran = 0
    for block in others:
        if block.startswith(("make ", "pip ")):  # this very test runs under `make test`
            continue
        commands = block.replace(". .venv/bin/activate\n", "")
        subprocess.run(["bash", "-euc", commands], cwd=tmp_path, env=environment, check=True, capture_output=True)
        ran += 1
    for block in blocks(readme, "python"):
        subprocess.run([sys.executable, "-c", block], cwd=tmp_path, env=environment, check=True, capture_output=True)
        ran += 1
    assert ran >= 2


def test_both_readmes_show_the_same_commands() -> None:
    def commands(readme: str) -> list[str]:
        return [line.split("#")[0].strip() for block in blocks(readme, "sh") for line in block.splitlines()]

    assert commands("README.md") == commands("README.zh-CN.md")
    assert blocks("README.md", "python") == blocks("README.zh-CN.md", "python")

"""`--ray` of each command that has it, as a shell runs it: the same catalogue and the same findings."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests import ray_cluster as cluster
from tests.cluster.test_workers import contents

import shelflens
from shelflens.assemble import Catalogue


def run(*words: object) -> str:
    """What a process of its own prints: this one may be connected to a cluster already."""
    said = [sys.executable, "-m", "shelflens", *map(str, words)]
    done = subprocess.run(said, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def held(where: Path) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """What the two models of a catalogue made of it: the one in use, and the one to go back to."""
    with shelflens.open(where) as catalogue:
        return contents(catalogue), contents(catalogue, _former(catalogue))


def _former(catalogue: Catalogue) -> str:
    (other,) = [space for space in catalogue.records.spaces() if space != catalogue.space]
    return str(other)


def test_upgrade_and_duplicates_by_a_cluster_come_to_the_same(shop: Path, tmp_path: Path, ray_cluster: str) -> None:
    here, there = tmp_path / "here.lens", tmp_path / "there.lens"
    run("index", here, shop, "--model", "lite0", "--quiet")
    shutil.copytree(here, there)
    run("upgrade", here, "--model", "lite0-fp32", "--switch", "--quiet")
    run("upgrade", there, "--model", "lite0-fp32", "--switch", "--quiet", "--ray", ray_cluster)
    assert held(here) == held(there)
    found = run("duplicates", here, "--near", "0.5", "--json")
    assert found == run("duplicates", there, "--near", "0.5", "--json", "--ray", ray_cluster)
    assert '"pairs_compared": 0' not in found


@pytest.mark.skipif(not cluster.installed(), reason=cluster.NEEDED)
def test_a_cluster_of_this_machine_alone_is_made_for_one_command(shop: Path, tmp_path: Path) -> None:
    run("index", tmp_path / "here.lens", shop, "--quiet")
    run("index", tmp_path / "there.lens", shop, "--quiet", "--ray", "local")
    with shelflens.open(tmp_path / "here.lens") as here, shelflens.open(tmp_path / "there.lens") as there:
        assert contents(here) == contents(there) != []

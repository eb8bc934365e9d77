"""The tour of the README runs, command by command, as a newcomer types it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fix_data import REPOSITORY
from tests.fix_db import temporary_home

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def blocks() -> list[str]:
    """Return the fenced shell commands, in order."""
    return re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def environment(home: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "SKYTRACT_HOME": str(home), "PAGER": "cat"}


@pytest.mark.timeout(600)
def test_the_five_minute_tour_runs(tmp_path: Path) -> None:
    printed = ""
    with temporary_home() as home:
        for block in blocks():
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                cwd=tmp_path,
                env=environment(home.path),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
            printed += done.stdout
    assert "(5 rows)" in printed, "the cone search finds five stars"
    assert "published" in printed


def test_the_tour_shows_every_command_a_newcomer_needs() -> None:
    shown = set(re.findall(r"^skytract (\w+)", "".join(blocks()), re.MULTILINE))
    assert shown >= {"server", "migrate", "simulate", "frames", "load", "release", "process", "sql"}


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\(((?!http)[^)]+)\)", README):
        assert (REPOSITORY / link).exists(), link


def test_the_map_names_every_folder() -> None:
    tracked = subprocess.run(
        ["git", "ls-tree", "--name-only", "-d", "HEAD"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    ).stdout.split()
    for folder in tracked:
        assert f"`{folder}/`" in README or folder.startswith("."), folder

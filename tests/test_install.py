"""install.sh says in one sentence what keeps it from installing, and changes nothing then."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture
def install(tmp_path):
    """Return a function that runs install.sh in a bare copy, with fake programs in its PATH."""
    clone, fakes = tmp_path / "clone", tmp_path / "fakes"
    clone.mkdir()
    fakes.mkdir()
    for name in ("install.sh", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, clone)

    def run(environment=None, **programs):
        for name, text in programs.items():
            (fakes / name).write_text(f"#!/bin/sh\n{text}\n")
            (fakes / name).chmod(0o755)
        answer = subprocess.run(
            ["./install.sh"],
            cwd=clone,
            env={"PATH": f"{fakes}:{os.environ['PATH']}", **(environment or {})},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert not (clone / ".venv").exists()
        assert answer.returncode == 1
        assert answer.stderr.startswith("skytract cannot be installed: ")
        assert answer.stderr.count("\n") == 1
        return answer.stderr

    return run


def test_too_little_disk(install):
    said = install(df='echo head; echo "disk 9999 1 12 99% /"')
    assert "only 12 MB are free on the disk of" in said
    assert "3000 MB are needed; free some space." in said


def test_no_python(install):
    said = install({"SKYTRACT_PYTHON": "/nowhere/python3"})
    assert "there is no /nowhere/python3; install the Debian package python3." in said


def test_a_python_that_is_too_old(install, tmp_path):
    said = install(
        {"SKYTRACT_PYTHON": str(tmp_path / "fakes" / "old")},
        old='case "$2" in *print*) echo 3.9 ;; *) exit 1 ;; esac',
    )
    assert "is Python 3.9, but 3.11 or newer is needed" in said


def test_another_python_than_postgresqls(install, tmp_path):
    said = install(
        {"SKYTRACT_PYTHON": str(tmp_path / "fakes" / "other")},
        other='case "$2" in *print*) echo 3.99 ;; esac',
    )
    assert "is Python 3.99, but PostgreSQL" in said
    assert "set SKYTRACT_PYTHON to a python3." in said


def test_make_alone_explains_its_targets():
    command = ["make", "--no-print-directory"]
    answer = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    explained = [line.split()[1] for line in answer.stdout.splitlines() if line.strip()]
    assert explained == ["help", "install", "demo", "test", "lint", "bench"]

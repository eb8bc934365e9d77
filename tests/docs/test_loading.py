"""The commands and statements of docs/loading.md run, in the order of the page."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders.dialect import dialect_names, read_dialect
from skytract.loaders.home import Home
from skytract.loaders.load_files import SUFFIXES
from skytract.loaders.load_target import find_target
from tests.fix_data import REPOSITORY
from tests.fix_db import Connect
from tests.loaders.catalogs import N, source_columns, write_catalog, write_tract, write_visit

PAGE = (REPOSITORY / "docs" / "loading.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that the page speaks of; commands run beside them."""
    night, again, landing = (tmp_path / n for n in ("night_2025-06-30", "again", "landing"))
    for made in (night, again, landing):
        made.mkdir()
    for visit in (17, 18):
        write_visit(night, visit)
        write_catalog(night / f"Source_{visit}_4.parquet", "Source", source_columns(visit=visit))
    changed = source_columns() | {"x": np.full(N, 3.0)}
    write_catalog(again / "Source_17_4.parquet", "Source", changed)
    write_tract(tmp_path / "tract_9813")
    write_visit(landing, 19)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> str:
    """Run a line of the page as it is typed; what needs no shell, in this process."""
    if line.startswith("skytract ") and "|" not in line:
        answer = CliRunner().invoke(main, shlex.split(line)[1:])
        assert answer.exit_code == 0, f"{line}\n{answer.output}"
        return answer.stdout
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_page_runs(
    folder: Path,
    cluster: Home,
    database: str,
    connect_to: Connect,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    reader = connect_to("reader", autocommit=True)
    printed = {}
    for language, block in BLOCKS:
        if language == "sh":
            printed |= {line: run(line) for line in block.splitlines()}
        elif language == "sql":
            check_statements(reader, block)
        elif language == "yaml":
            check_dialect(folder / "mosaic.yaml", block)
        else:
            exec(block, {})
    assert printed["skytract load night_2025-06-30"].count(" loaded ") == 3
    assert printed["skytract load 'night_*/**/Source_*.parquet'"].count(" already loaded ") == 1
    assert "6 files, 120 rows" in next(v for k, v in printed.items() if "load manifest" in k)
    assert f"{N} rows of Source removed" in printed["skytract load undo 14 --yes"]
    assert "No partition needs a split." in printed["skytract partition split --scheduled"]
    assert "\nloaded night_2025-06-30/Source_17_4.parquet" in capsys.readouterr().out


def check_dialect(path: Path, block: str) -> None:
    path.write_text(block)
    dialect = read_dialect(str(path))
    assert dialect.kind and dialect.columns.keys() <= find_target(dialect.kind).columns.keys()


def check_statements(reader: psycopg.Connection, block: str) -> None:
    for statement in filter(str.strip, block.split(";")):
        assert reader.execute(statement.encode()).description


def test_the_page_names_every_suffix_state_code_and_command() -> None:
    for suffix in SUFFIXES:
        assert f"`{suffix.removesuffix('.gz')}`" in PAGE, suffix
    for dialect in dialect_names():
        assert f"`{dialect}`" in PAGE, dialect
    for state in ("loading", "loaded", "refused", "undone", "replaced"):
        assert f"| `{state}` |" in PAGE
    for code in range(4):
        assert f"\n| {code} | " in PAGE
    load = main.get_command(click.Context(main), "load")
    assert isinstance(load, click.Group)
    for name in load.commands:
        assert f"skytract load {name}" in PAGE, name
    options = {word for param in load.params for word in param.opts if word.startswith("--")}
    for option in options:
        assert option in PAGE, option

"""`skytract load`: what it prints, and its exit code."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.home import Home
from tests.loaders.catalogs import N, write_sources, write_visit


@pytest.fixture
def load(cluster: Home, database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `skytract load` on the database of this test."""
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    monkeypatch.setenv("SKYTRACT_HOME", str(cluster.path))
    monkeypatch.setenv("SKYTRACT_DATABASE", database)
    return lambda *arguments: CliRunner().invoke(main, ["load", *map(str, arguments)])


def test_a_folder(load: Callable[..., Result], tmp_path: Path) -> None:
    write_visit(tmp_path)
    write_sources(tmp_path)
    first = load(tmp_path)
    assert first.exit_code == 0, first.output
    for kind, rows in (("Visit", 1), ("VisitDetector", 1), ("Source", N)):
        [line] = [text for text in first.stdout.splitlines() if f" {kind} " in text]
        assert "loaded" in line and f" {rows} " in line
    again = load(tmp_path)
    assert again.exit_code == 0 and again.stdout.count("already loaded") == 3


def test_a_refusal_is_printed_and_sets_the_exit_code(
    load: Callable[..., Result], tmp_path: Path
) -> None:
    write_visit(tmp_path)
    bad = write_sources(tmp_path, ra=np.full(N, 400.0))
    answer = load(tmp_path)
    assert answer.exit_code == 1
    assert f"Refused: {bad}, column ra, row 0 (from 0), value 400.0: " in answer.stderr
    assert "VisitDetector" in answer.stdout and "refused" in answer.stdout


def test_settings_and_json(load: Callable[..., Result], tmp_path: Path) -> None:
    visits = write_visit(tmp_path)
    path = write_sources(tmp_path, visit=None, detector=None)
    assert load(*visits).exit_code == 0
    answer = load(path, visits[0], "--set", "visit=17", "--set", "detector=4", "--json")
    assert answer.exit_code == 0, answer.output
    results = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [(r["kind"], r["state"], r["rows"]) for r in results] == [
        ("Visit", "already loaded", 1),
        ("Source", "loaded", N),
    ]


def test_mistakes_are_said_in_a_sentence(load: Callable[..., Result], tmp_path: Path) -> None:
    answer = load(tmp_path / "nowhere")
    assert answer.exit_code == 1 and "There is no catalog at" in answer.stderr
    answer = load(write_sources(tmp_path), "--set", "visit")
    assert answer.exit_code == 2 and "write it as column=value" in answer.stderr
    answer = load(tmp_path, "--dialect", "klingon")
    assert answer.exit_code == 1 and "There is no dialect 'klingon'" in answer.stderr


def test_help_teaches_with_examples(load: Callable[..., Result]) -> None:
    answer = load("--help")
    assert "skytract load src_HSC_i_903986_31.fits.gz --set visit=903986" in answer.stdout

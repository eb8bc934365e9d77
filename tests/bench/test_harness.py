"""The harness prints every measure and fails when answers differ or a benchmark breaks."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import bench.__main__ as harness
from bench import cone, hpx29
from bench.measure import Measure, as_json, as_line
from tests.fix_db import Connect

GOOD = Measure(name="a", ours=2.0, peer=3.0, unit="ms", ratio=1.5, agree=True, note="twice")
BAD = Measure(name="b", ours=1.0, peer=1.0, unit="ms", ratio=1.0, agree=False)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the harness with benchmarks made up of measures, without a server."""
    monkeypatch.setattr(harness, "private_server", nullcontext)

    def broken() -> list[Measure]:
        raise RuntimeError("out of order")

    made: dict[str, Any] = {"good": lambda: [GOOD], "bad": lambda: iter([GOOD, BAD])}
    made["broken"] = broken
    monkeypatch.setattr(harness, "names", lambda: sorted(made))
    monkeypatch.setattr(harness, "benchmark", made.get)
    return lambda *arguments: CliRunner().invoke(harness.main, arguments)


def test_lines_and_objects(run: Callable[..., Result]) -> None:
    line = run("good")
    assert line.exit_code == 0
    assert "ours 2 ms, peer 3 ms, ratio 1.50, same answer (twice)" in line.stdout
    assert json.loads(run("good", "--json").stdout) == GOOD


def test_different_answers_fail(run: Callable[..., Result]) -> None:
    answer = run()
    assert answer.exit_code == 1
    assert "DIFFERENT ANSWERS" in answer.stdout
    assert "Failed, or with answers that differ: bad, broken." in answer.stderr
    assert "out of order" in answer.stderr
    assert answer.stdout.count("same answer") == 2, "the others run all the same"


def test_unknown_benchmark(run: Callable[..., Result]) -> None:
    answer = run("nothing")
    assert answer.exit_code == 2 and "choose from bad, broken, good" in answer.stderr


def test_every_module_is_a_benchmark_or_serves_them() -> None:
    assert {"cone", "hpx29"} <= set(harness.names())
    assert not {"measure", "server"} & set(harness.names())


def test_numpy_numbers_become_json() -> None:
    measure = Measure(name="c", ours=np.float64(1), peer=1, unit="", ratio=1, agree=np.True_)  # type: ignore[typeddict-item]
    assert json.loads(as_json(measure))["agree"] is True
    assert "same answer" in as_line(measure)


def test_a_small_run_measures() -> None:
    (measure,) = hpx29.run(rows=1000)
    assert measure["agree"] and measure["ratio"] > 0


def test_cones_agree_with_q3c(connect_to: Connect) -> None:
    owner = connect_to("owner", autocommit=True)
    rng = np.random.default_rng(1)
    cone.fill(owner, *cone.positions(rng, 5000))
    for name, radius in cone.SIZES.items():
        assert cone.measure(owner, name, radius, cone.positions(rng, 5))["agree"]

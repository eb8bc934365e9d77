"""`skytract partition`: what it prints, and what it says when it cannot do what is asked."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.commands import partition
from skytract.loaders.partition import Cell, cells_of
from tests.fix_db import Connect

Invoke = Callable[..., Result]


@pytest.fixture
def invoke(connect_to: Connect, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command on the database of this test."""
    monkeypatch.setattr(partition, "connect", connect_to)
    return lambda *arguments: CliRunner().invoke(main, ["partition", *arguments])


def test_list_names_every_cell(invoke: Invoke) -> None:
    answer = invoke("list")
    assert answer.exit_code == 0, answer.output
    assert all(f"0/{n}" in answer.output for n in range(12))
    assert "source" in answer.output and "size" in answer.output


def test_plan_prints_orders_and_applies(
    invoke: Invoke, connect_to: Connect, tmp_path: Path
) -> None:
    """One full cell of order 2 needs its base cell split twice: 12 + 3 + 3 partitions."""
    counts = np.zeros(12 * 16, dtype=np.int64)
    counts[37], counts[38] = 900, 200
    np.save(tmp_path / "map.npy", counts)
    planned = ("plan", "--from", str(tmp_path / "map.npy"), "--budget", "1000")
    answer = invoke(*planned)
    assert answer.exit_code == 0, answer.output
    assert "18 partitions." in answer.output and "900" in answer.output
    assert len(cells_of(connect_to(), "raw")) == 12
    answer = invoke(*planned, "--apply")
    assert "0/2: 0 rows moved, readers waited" in answer.output
    cells = cells_of(connect_to(), "raw")
    assert len(cells) == 18 and {Cell(2, 36), Cell(2, 37), Cell(2, 38), Cell(2, 39)} <= set(cells)
    assert "No partition needs a split." in invoke(*planned, "--apply").output


def test_plan_says_when_the_budget_cannot_be_kept(invoke: Invoke, tmp_path: Path) -> None:
    np.save(tmp_path / "map.npy", np.full(12, 500))
    answer = invoke("plan", "--from", str(tmp_path / "map.npy"), "--budget", "100")
    assert "12 of them hold more than 100 rows, the fullest 500: raise the budget" in answer.output


def test_split_one_and_oversized(invoke: Invoke, connect_to: Connect) -> None:
    answer = invoke("split", "--order", "0", "--pixel", "4")
    assert answer.exit_code == 0 and "0/4: 0 rows moved" in answer.output
    assert len(cells_of(connect_to(), "raw")) == 15
    answer = invoke("split", "--oversized", "--budget", "10")
    assert answer.output == "No partition needs a split.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("split", "--order", "0"), "either --order and --pixel, or --oversized and --budget"),
        (("split", "--oversized"), "either --order and --pixel, or --oversized and --budget"),
        (("split", "--budget", "5"), "either --order and --pixel, or --oversized and --budget"),
        (("split", "--oversized", "--budget", "0"), "give >= 1"),
        (("split", "--order", "0", "--pixel", "77"), "raw has no cell 0/77"),
        (("split", "--order", "30", "--pixel", "0"), "order 30 cannot be split"),
        (("plan", "--from", "raw.Source", "--budget", "-3"), "give >= 1"),
        (("plan", "--from", "no.such", "--budget", "3"), "no file and no table no.such"),
        (("plan", "--from", "missing.npy", "--budget", "3"), "missing.npy cannot be read"),
        (("list", "--tessellation", "dr9"), "no tessellation dr9"),
    ],
)
def test_says_what_is_wrong(invoke: Invoke, arguments: tuple[str, ...], message: str) -> None:
    answer = invoke(*arguments)
    assert answer.exit_code != 0
    assert message in " ".join(answer.output.split())


@pytest.mark.parametrize("command", ["", "list", "plan", "split"])
def test_help_teaches_with_an_example(command: str) -> None:
    answer = CliRunner().invoke(main, [*f"partition {command}".split(), "--help"])
    assert "Example:" in answer.output and "skytract partition" in answer.output

"""Missing raw partitions are brought back; oversized ones are put on a list, and split from it."""

from collections.abc import Callable
from threading import Thread

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner, Result

from skytract.__main__ import main
from skytract.loaders.commands import partition
from skytract.loaders.errors import SkytractError
from skytract.loaders.partition import Cell, cells_of, partition_sizes
from skytract.loaders.partition_schedule import (
    restore_partitions,
    schedule_splits,
    scheduled_cells,
    split_scheduled,
)
from tests.fill_table import fill_table
from tests.fix_db import Connect
from tests.loaders.test_partition_split import content, expected_partitions, fill_raw, partitions

BUDGET = "SET skytract.row_budget = {}"


def test_nothing_is_missing_at_first(loader: psycopg.Connection) -> None:
    assert restore_partitions(loader) == 0


def test_a_dropped_partition_is_made_again(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    before = partitions(owner, "raw.source")
    owner.execute("DROP TABLE raw.source_p0_3, raw.forcedsource_p0_7")
    owner.commit()
    assert restore_partitions(loader) == 2
    assert partitions(owner, "raw.source") == before
    fill_raw(owner, 500)
    assert restore_partitions(loader) == 0


def test_a_detached_partition_comes_back_with_its_rows(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    fill_raw(owner, 500)
    before = content(owner, "raw.Source")
    owner.execute("ALTER TABLE raw.source DETACH PARTITION raw.source_p0_3")
    owner.commit()
    assert content(owner, "raw.Source") != before
    assert restore_partitions(loader) == 1
    assert content(owner, "raw.Source") == before


def test_a_detached_table_that_does_not_fit_is_said(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    owner.execute("ALTER TABLE raw.source DETACH PARTITION raw.source_p0_3")
    owner.execute("ALTER TABLE raw.source_p0_3 DROP COLUMN psfInstFlux")
    owner.commit()
    with pytest.raises(SkytractError, match=r"cannot be attached again .*: attach it yourself, or"):
        restore_partitions(loader)
    owner.execute("ALTER TABLE raw.source_p0_3 RENAME TO apart")
    owner.commit()
    assert restore_partitions(loader) == 1


def test_readers_and_writers_go_on_while_partitions_are_made(
    owner: psycopg.Connection,
    reader: psycopg.Connection,
    loader: psycopg.Connection,
    connect_to: Connect,
) -> None:
    """Both hold their locks for as long as it lasts."""
    owner.execute("DROP TABLE raw.source_p0_3")
    owner.commit()
    reader.execute("SELECT count(*) FROM raw.Source")
    fill_table(owner, "raw.source", hpx29=np.arange(1), sourceid=np.arange(1), ra=np.zeros(1))
    loader.execute("SET lock_timeout = '2s'")
    loader.commit()
    assert restore_partitions(loader) == 1


def test_two_loaders_make_a_partition_once(owner: psycopg.Connection, connect_to: Connect) -> None:
    owner.execute("DROP TABLE raw.source_p0_3")
    owner.commit()
    made: list[int] = []
    loaders = [connect_to("loader") for _ in range(3)]
    threads = [
        Thread(target=lambda one=one: made.append(restore_partitions(one))) for one in loaders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 1]


def test_only_the_loader_may_ask(reader: psycopg.Connection) -> None:
    with pytest.raises(SkytractError, match="permission denied"):
        restore_partitions(reader)


def test_sizes_are_estimated_without_analyze(owner: psycopg.Connection) -> None:
    """Where nothing is known, what the ledger has loaded is spread over the pages of the table."""
    fill_raw(owner, 2400)
    assert {size.rows["source"] for size in partition_sizes(owner, "raw")} == {None}
    owner.execute(
        "INSERT INTO meta.Load (contentHash, kind, path, state, rowCount, startedAt, codeVersion,"
        " host, context) VALUES ('x', 'Source', 'x', 'loaded', 2400, now(), '0', 'h', '{}')"
    )
    guessed = [size.rows["source"] or 0 for size in partition_sizes(owner, "raw")]
    assert abs(sum(guessed) - 2400) <= 6, "rounded"
    assert max(guessed) < 2 * min(guessed)
    owner.execute("ANALYZE raw.source_p0_3")
    fill = owner.execute("SELECT count(*) FROM raw.source_p0_3").fetchone()
    sizes = {size.cell: size.rows["source"] for size in partition_sizes(owner, "raw")}
    assert fill is not None and sizes[Cell(0, 3)] == fill[0]


def fill_spot(owner: psycopg.Connection, count: int, start: int = 0) -> None:
    """Fill raw.Source with rows of base cell 0, evenly over its children of order 1."""
    ids = np.arange(start, start + count)
    keys = ((ids % 4) << 56) + ids
    fill_table(owner, "raw.source", hpx29=keys, sourceid=ids, ra=np.zeros(count))
    owner.commit()


def test_an_oversized_cell_is_scheduled_once(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    fill_spot(owner, 400)
    owner.execute("ANALYZE raw.Source")
    owner.commit()
    assert schedule_splits(loader) == 0, "the budget is 5 million"
    loader.execute(BUDGET.format(300))
    loader.commit()
    assert schedule_splits(loader, 7) == 1
    assert schedule_splits(loader, 8) == 1
    row = loader.execute("SELECT ord, pixel, rowCount, loadId FROM meta.PartitionSplit").fetchall()
    assert row == [(0, 0, 400, 7)]
    loader.execute(BUDGET.format(1000))
    loader.commit()
    assert schedule_splits(loader) == 0
    assert scheduled_cells(loader) == []


def test_growth_is_seen_before_the_next_analyze(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    """Pages are those of now, rows per page those of then, when one of a dozen was not full."""
    fill_spot(owner, 400)
    owner.execute("ANALYZE raw.Source")
    fill_spot(owner, 4000, start=400)
    loader.execute(BUDGET.format(3000))
    loader.commit()
    assert schedule_splits(loader) == 1
    [(cell, rows)] = scheduled_cells(loader)
    assert cell == Cell(0, 0) and abs(rows - 4400) < 0.15 * 4400


def test_scheduled_cells_are_split_until_all_keep_to_the_budget(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    fill_spot(owner, 400)
    ids = np.arange(400, 550)
    fill_table(owner, "raw.source", hpx29=(ids % 4) << 54, sourceid=ids, ra=np.zeros(150))
    owner.execute("ANALYZE raw.Source")
    owner.execute(BUDGET.format(240))
    owner.commit()
    before = content(owner, "raw.Source")
    owner.commit()
    done = list(split_scheduled(owner))
    # 550 rows; one of its children has 250, and of its children none more than 140.
    assert [s.cell for s in done] == [Cell(0, 0), Cell(1, 0)]
    assert content(owner, "raw.Source") == before
    assert partitions(owner, "raw.source") == expected_partitions("source", cells_of(owner, "raw"))
    assert owner.execute("SELECT count(*) FROM meta.PartitionSplit").fetchone() == (0,)
    assert list(split_scheduled(owner)) == []


def test_pages_of_rows_that_are_gone_do_not_count(owner: psycopg.Connection) -> None:
    """Scheduled for its size, as after an undo; when it is looked at, it keeps to the budget."""
    fill_spot(owner, 400)
    owner.execute("ANALYZE raw.Source")
    owner.execute("DELETE FROM raw.Source WHERE sourceId < 300")
    owner.execute(BUDGET.format(300))
    owner.commit()
    assert schedule_splits(owner) == 1
    assert list(split_scheduled(owner)) == []
    assert scheduled_cells(owner) == []


def test_a_cell_that_was_split_otherwise_is_off_the_list(
    owner: psycopg.Connection, loader: psycopg.Connection
) -> None:
    fill_spot(owner, 400)
    owner.execute("ANALYZE raw.Source")
    owner.commit()
    loader.execute(BUDGET.format(300))
    loader.commit()
    schedule_splits(loader)
    owner.autocommit = True
    owner.execute("CALL meta.split_partition('raw', 0, 0)")
    assert scheduled_cells(loader) == []
    assert owner.execute("SELECT count(*) FROM meta.PartitionSplit").fetchone() == (0,)


def test_a_budget_that_is_no_number_is_said(loader: psycopg.Connection) -> None:
    loader.execute("SET skytract.row_budget = '5M'")
    loader.commit()
    with pytest.raises(SkytractError, match=r"no number \(invalid input syntax.*: correct it with"):
        schedule_splits(loader)


@pytest.fixture
def invoke(connect_to: Connect, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run `skytract partition` on the database of this test."""
    monkeypatch.setattr(partition, "connect", connect_to)
    return lambda *arguments: CliRunner().invoke(main, ["partition", *arguments])


def test_the_command(
    invoke: Callable[..., Result], owner: psycopg.Connection, database: str
) -> None:
    assert invoke("split", "--scheduled").output == "No partition needs a split.\n"
    fill_spot(owner, 400)
    owner.execute("ANALYZE raw.Source")
    owner.execute(f"ALTER DATABASE {database} SET skytract.row_budget = 300")
    owner.commit()
    answer = invoke("split", "--scheduled")
    assert answer.exit_code == 0, answer.output
    assert "0/0: 400 rows moved" in answer.output
    for wrong in (("--order", "0"), ("--oversized",), ("--tessellation", "dr1")):
        answer = invoke("split", "--scheduled", *wrong)
        assert answer.exit_code == 2 and "or --scheduled" in answer.output

"""The load benchmarks compare like with like: every way fills the table with the same rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bench import load, load_cpu, load_data, load_growth, load_memory
from bench.measure import Measure
from skytract.loaders.home import Home

Connection = psycopg.Connection[Any]
ROWS = 4000


@pytest.fixture(scope="module", autouse=True)
def environment(cluster: Home) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SKYTRACT_DSN", raising=False)
        patch.setenv("SKYTRACT_HOME", str(cluster.path))
        yield


@pytest.fixture(scope="module")
def loader(environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with load_data.fresh_database() as connection:
        load_data.load_visits(connection, tmp_path_factory.mktemp("visits"), ROWS, [1, 2])
        yield connection


def of_rows(measure: Measure, rows: int) -> bool:
    return measure["agree"] and measure["note"].startswith(f"{rows} rows") and measure["ratio"] > 0


def test_a_table_grows_deeper() -> None:
    (measure,) = load_growth.run(small=300, times=3, rows=100)
    assert measure["agree"] and measure["note"].endswith("has 1700 rows in the end")


def test_memory_is_that_of_the_loader() -> None:
    (measure,) = load_memory.run(size=1 << 20, rows=1000)
    assert measure["agree"] and 0.05 < measure["ours"] < 1


def test_processor_time_is_that_of_both_sides() -> None:
    (measure,) = load_cpu.run(1000)
    assert measure["note"].startswith("1000 rows") and measure["ours"] > 0 < measure["peer"]
    costs = [(4.0, 17.0), (5.0, 16.0)]
    assert "at most 1.60 times" in load_cpu.measure(costs, 1)["note"]


def test_all_ways_load_the_same_rows(
    loader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "ROUNDS", 1)
    assert of_rows(load.limit(loader, tmp_path, ROWS), ROWS)
    few = load_data.write_sources(tmp_path, 100)
    found = load.against(loader, [few], load.write_by_pandas, {"ours": load.by_one})
    assert of_rows(found.measure("load.pandas"), 100)
    paths = [load_data.write_sources(tmp_path, 50, visit) for visit in (1, 2)]
    assert of_rows(load.parallel(loader, paths), 100)


def test_adbc_loads_the_same_rows(
    loader: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("adbc_driver_postgresql", reason="pip install -e .[bench]")
    monkeypatch.setattr(load, "ROUNDS", 1)
    paths = [load_data.write_sources(tmp_path, 50, visit) for visit in (1, 2)]
    ways = {"two": load.by_two, "one": load.by_one}
    found = load.against(loader, paths, load.write_by_adbc, ways)
    assert of_rows(found.measure("load.adbc", ours="two"), 100)
    assert of_rows(found.measure("load.adbc.one", ours="one"), 100)


def test_a_way_that_loses_rows_does_not_agree(loader: Connection, tmp_path: Path) -> None:
    few = load_data.write_sources(tmp_path, 100)
    lossy = lambda c, table: load.write_by_pandas(c, table[1:])  # noqa: E731
    assert not load.against(loader, [few], lossy, {"ours": load.by_one}).agree

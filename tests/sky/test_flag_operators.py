"""Booleans compare with 0 and 1, inlined to the boolean itself."""

from itertools import product

import psycopg
import pytest

from tests.fix_db import Connect

Truth = bool | None


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    return module_connect()


def expected(flag: Truth, number: int | None, operator: str) -> Truth:
    """Three-valued definition: true is 1, false is 0, unknown stays unknown."""
    if flag is None or number is None:
        return None
    return (int(flag) == number) == (operator == "=")


@pytest.mark.parametrize("operator", ["=", "<>"])
def test_means_what_integers_mean(reader: psycopg.Connection, operator: str) -> None:
    for flag, number in product((True, False, None), (1, 0, 2, -1, None)):
        for turned in (False, True):
            sides = ["%s::boolean", "%s::integer"]
            values = [flag, number]
            query = f" {operator} ".join(sides[::-1] if turned else sides)
            row = reader.execute(f"SELECT {query}", values[::-1] if turned else values).fetchone()
            assert row == (expected(flag, number, operator),), (flag, operator, number)


@pytest.mark.parametrize(
    ("written", "planned"),
    [
        ("psfInstFlux_flag = 1", "Filter: psfinstflux_flag"),
        ("psfInstFlux_flag = 0", "Filter: (NOT psfinstflux_flag)"),
        ("psfInstFlux_flag <> 1", "Filter: (NOT psfinstflux_flag)"),
        ("psfInstFlux_flag != 0", "Filter: psfinstflux_flag"),
        ("0 = psfInstFlux_flag", "Filter: (NOT psfinstflux_flag)"),
        ("NOT (1 = psfInstFlux_flag)", "Filter: (NOT psfinstflux_flag)"),
        ("psfInstFlux_flag = 1::smallint", "Filter: psfinstflux_flag"),
        ("psfInstFlux_flag = true", "Filter: psfinstflux_flag"),
        ("psfInstFlux_flag = 't'", "Filter: psfinstflux_flag"),
    ],
)
def test_plan_holds_the_flag_alone(reader: psycopg.Connection, written: str, planned: str) -> None:
    plan = reader.execute(
        f"EXPLAIN (COSTS OFF) SELECT * FROM raw.ForcedSource WHERE objectId = 5 AND {written}"
    ).fetchall()
    assert planned in [line.strip() for (line,) in plan]


def test_in_list(reader: psycopg.Connection) -> None:
    row = reader.execute("SELECT true IN (0, 1), true IN (0, 2), false NOT IN (1)").fetchone()
    assert row == (True, False, True)


def test_partial_index_is_used(module_connect: Connect) -> None:
    """The planner proves `flag = 1` from the index's `WHERE flag`."""
    with module_connect("owner") as owner:
        owner.execute(
            "CREATE TEMPORARY TABLE t AS SELECT n, n % 100 = 0 AS flag"
            " FROM generate_series(1, 10000) AS n"
        )
        owner.execute("CREATE INDEX t_flag ON t (n) WHERE flag")
        owner.execute("ANALYZE t")
        plan = owner.execute("EXPLAIN SELECT n FROM t WHERE flag = 1 AND n < 500").fetchall()
        assert "t_flag" in str(plan)

"""The statements of docs/sky.md run, and prune as the page says."""

import re

import pglast
import psycopg
import pytest

from skytract.loaders.release import create_release
from tests.fix_data import REPOSITORY
from tests.fix_db import Connect

PAGE = (REPOSITORY / "docs" / "sky.md").read_text(encoding="utf-8")
STATEMENTS = [
    statement
    for block in re.findall(r"^```sql\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    for statement in pglast.split(block)
]


@pytest.fixture(scope="module")
def reader(module_connect: Connect) -> psycopg.Connection:
    owner = module_connect("owner")
    create_release(owner, "dr1")
    owner.commit()
    return module_connect("reader", autocommit=True)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statement_runs(reader: psycopg.Connection, statement: str) -> None:
    reader.execute(statement)


@pytest.mark.parametrize("statement", [s for s in STATEMENTS if "WHERE" in s])
def test_statement_touches_few_partitions(reader: psycopg.Connection, statement: str) -> None:
    plan = "\n".join(line for (line,) in reader.execute(f"EXPLAIN ANALYZE {statement}"))
    ran = [line for line in plan.splitlines() if "never executed" not in line]
    assert len(set(re.findall(r" on (\w+_p\d+_\d+) ", "\n".join(ran)))) <= 1


def test_every_function_is_on_the_page(reader: psycopg.Connection) -> None:
    for name in re.findall(r"sky\.(\w+)\(", PAGE):
        known = reader.execute("SELECT to_regproc('sky.' || %s) IS NOT NULL", (name,)).fetchone()
        assert known == (True,), name

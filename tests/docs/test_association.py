"""The statements and the Python of docs/association.md run, in the order of the page."""

import re
from typing import Any

import pglast
import psycopg
import pytest

from skytract.loaders.release import create_release
from tests.fix_data import REPOSITORY
from tests.fix_db import Connect
from tests.raw_rows import insert_sources

PAGE = (REPOSITORY / "docs" / "association.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def manager(module_connect: Connect) -> psycopg.Connection:
    owner = module_connect("owner")
    create_release(owner, "dr1")
    insert_sources(owner, [150.0, 150.00002], [2.0, 2.0], sourceId=[11, 21], visit=[1, 2])
    owner.commit()
    return module_connect("manager", autocommit=True)


def test_statements_run(manager: psycopg.Connection) -> None:
    for block in blocks("sql"):
        for statement in pglast.split(block):
            manager.execute(statement)
    found = manager.execute(
        "SELECT count(*), count(DISTINCT objectId) FROM association.SourceGroup"
    )
    assert found.fetchone() == (2, 1)


def test_python_runs() -> None:
    names: dict[str, Any] = {}
    for block in blocks("python"):
        exec(block, names)


def test_every_function_is_there(manager: psycopg.Connection) -> None:
    for name in re.findall(r"association\.([a-z_]+)\(", PAGE):
        known = manager.execute("SELECT count(*) FROM pg_proc WHERE proname = %s", (name,))
        assert known.fetchone() != (0,), name

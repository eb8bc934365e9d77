"""Schema and code versions: a mismatch is refused with the command that mends it."""

from collections.abc import Callable

import psycopg
import pytest

import skytract
from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.migrate import migrate
from tests.fix_db import janitor

Open = Callable[..., psycopg.Connection]


@pytest.mark.parametrize(
    ("column", "value", "remedy"),
    [
        ("version", "0000", "run `skytract migrate`"),
        ("version", "9999", "install the newer skytract"),
        ("codeVersion", "0.0.1", "run `skytract migrate`"),
        ("codeVersion", "99.0", "install the newer skytract"),
    ],
)
def test_another_version_is_refused(
    owner: psycopg.Connection, connect_to: Open, column: str, value: str, remedy: str
) -> None:
    update = f"UPDATE meta.SchemaVersion SET {column} = %s"
    owner.execute(update.encode(), (value,))
    owner.commit()
    with pytest.raises(SkytractError, match=remedy):
        connect_to("reader")
    migrate(owner)
    connect_to("reader")


def test_versions_compare_as_numbers(owner: psycopg.Connection, connect_to: Open) -> None:
    """0.10.0 is newer than 0.9.0, and than 0.1.0."""
    owner.execute("UPDATE meta.SchemaVersion SET codeVersion = '0.10.0'")
    owner.commit()
    with pytest.raises(SkytractError, match="install the newer skytract"):
        connect_to("reader")


def test_a_server_python_of_another_version_is_refused(
    owner: psycopg.Connection, connect_to: Open
) -> None:
    owner.execute(
        "CREATE OR REPLACE FUNCTION meta.code_version() RETURNS text"
        " LANGUAGE sql STABLE AS $$ SELECT '0.0.1' $$"
    )
    owner.commit()
    with pytest.raises(SkytractError, match=f"{skytract.__version__}: run `skytract server rest"):
        connect_to("reader")


def test_a_database_without_tables_is_refused(cluster: Home) -> None:
    with (
        janitor(cluster, dbname="test_bare"),
        pytest.raises(SkytractError, match="no skytract tables: run `skytract migrate`"),
    ):
        connect("owner", cluster, dbname="test_bare")

"""A private server for the whole test session, and a fresh migrated database for each test.

The server starts when the first test asks for it. Databases are cloned from a template that is
migrated once. As root the server runs under the account postgres, as in real life.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Composed
from pytest_postgresql.janitor import DatabaseJanitor

from skytract.loaders.connect import connect
from skytract.loaders.home import PORT, Home
from skytract.loaders.server import OWNER, destroy, start

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "max_wal_size": "1GB",
}
"""Settings for data that need not survive a crash of the machine."""

PREFIX = "skytract-test-"
TEMPLATE = "template_skytract"
NUMBERS = count()

Connect = Callable[..., psycopg.Connection[Any]]


@pytest.fixture(scope="session", autouse=True)
def not_the_users_server() -> Iterator[None]:
    """Keep tests away from the server and database that the caller's environment names."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SKYTRACT_HOME", "/nonexistent/skytract")
        environment.delenv("SKYTRACT_DSN", raising=False)
        environment.delenv("SKYTRACT_DATABASE", raising=False)
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Home]:
    """A private server of this test session: its home."""
    remove_abandoned()
    with temporary_home() as home:
        start(home, FAST)
        yield home


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder with a short path that the server's account can enter."""
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def temporary_home(name: str = "home") -> Iterator[Home]:
    """Yield a home in a short new folder; whatever lies there is destroyed at the end."""
    with temporary_folder() as folder:
        home = Home(folder / name)
        try:
            yield home
        finally:
            destroy(home)


def remove_abandoned() -> None:
    """Destroy the servers of earlier test sessions that were killed."""
    for folder in Path("/tmp").glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        mine = folder.stat().st_uid == os.geteuid()
        if mine and not Path("/proc", pid).exists():
            for home in folder.iterdir():
                destroy(Home(home))
            shutil.rmtree(folder, ignore_errors=True)


class Clone(DatabaseJanitor):
    """A database made from a template together with its settings and rights.

    CREATE DATABASE copies neither ALTER DATABASE ... SET nor GRANT ... ON DATABASE. Without fsync,
    copying whole files is four times as fast as the default, which logs every page.
    """

    def _build_create_database_sql(self) -> Composed:
        return super()._build_create_database_sql() + SQL(" STRATEGY FILE_COPY")

    def init(self) -> None:
        super().init()
        with self.cursor() as cursor:
            cursor.execute("SET allow_system_table_mods = on")
            cursor.execute(
                "INSERT INTO pg_db_role_setting SELECT c.oid, s.setrole, s.setconfig"
                " FROM pg_db_role_setting AS s JOIN pg_database AS t ON t.oid = s.setdatabase"
                " CROSS JOIN pg_database AS c WHERE t.datname = %s AND c.datname = %s",
                [self.template_dbname, self.dbname],
            )
            cursor.execute(
                "UPDATE pg_database AS c SET datacl = t.datacl FROM pg_database AS t"
                " WHERE t.datname = %s AND c.datname = %s",
                [self.template_dbname, self.dbname],
            )


def janitor(home: Home, **options: Any) -> DatabaseJanitor:
    """Return pytest-postgresql's maker and remover of one database on the server of a home."""
    kind = Clone if options.get("template_dbname") else DatabaseJanitor
    return kind(user=OWNER, host=str(home.run), port=PORT, **options)


@pytest.fixture(scope="session")
def template(cluster: Home) -> str:
    """Name of a migrated, otherwise empty database; do not connect to it, clone it."""
    from skytract.loaders.migrate import migrate

    janitor(cluster, dbname=TEMPLATE).init()
    with connect("owner", cluster, check=False, dbname=TEMPLATE) as connection:
        migrate(connection)
    return TEMPLATE


def clone(cluster: Home, template: str) -> Iterator[str]:
    with janitor(cluster, dbname=f"test_{next(NUMBERS)}", template_dbname=template) as made:
        yield made.dbname


@pytest.fixture
def database(cluster: Home, template: str) -> Iterator[str]:
    """Name of a fresh migrated database of this test."""
    yield from clone(cluster, template)


@pytest.fixture(scope="module")
def module_database(cluster: Home, template: str) -> Iterator[str]:
    """Name of a fresh migrated database shared by the tests of a module."""
    yield from clone(cluster, template)


def opener(cluster: Home, dbname: str) -> Iterator[Connect]:
    with ExitStack() as stack:

        def open_as(role: str = "reader", **options: Any) -> psycopg.Connection[Any]:
            connection = connect(role, cluster, dbname=dbname, **options)
            stack.callback(connection.close)
            return connection

        yield open_as


@pytest.fixture
def connect_to(cluster: Home, database: str) -> Iterator[Connect]:
    """Open further connections to the database of this test: `connect_to("loader")`."""
    yield from opener(cluster, database)


@pytest.fixture(scope="module")
def module_connect(cluster: Home, module_database: str) -> Iterator[Connect]:
    """Open connections to the database of this module: `module_connect("loader")`."""
    yield from opener(cluster, module_database)


@pytest.fixture
def owner(connect_to: Connect) -> psycopg.Connection[Any]:
    """A connection of the owner (superuser) to the database of this test."""
    return connect_to("owner")


@pytest.fixture
def loader(connect_to: Connect) -> psycopg.Connection[Any]:
    """A connection of the loader to the database of this test."""
    return connect_to("loader")


@pytest.fixture
def manager(connect_to: Connect) -> psycopg.Connection[Any]:
    """A connection of the release manager to the database of this test."""
    return connect_to("manager")


@pytest.fixture
def reader(connect_to: Connect) -> psycopg.Connection[Any]:
    """A connection of a reader to the database of this test."""
    return connect_to("reader")

"""Compares the versions of code and database; a mismatch names the command that mends it."""

from typing import Any

import psycopg
from packaging.version import Version

import skytract
from skytract.loaders.errors import SkytractError
from skytract.sql.version import MODEL_VERSION


def check_versions(connection: psycopg.Connection[Any]) -> None:
    """Compare the schema version, the applied functions and the server's Python with this code.

    Raises
    ------
    SkytractError
        If the database has no tables, tables or functions of another version, or if the server's
        Python still runs another version of the code.
    """
    try:
        row = connection.execute("SELECT version, codeVersion FROM meta.SchemaVersion").fetchone()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        row = None
    if row is None:
        connection.rollback()
        name = connection.info.dbname
        raise SkytractError(f"The database {name} has no skytract tables: run `skytract migrate`.")
    _compare("The tables of this database have version", row[0], MODEL_VERSION)
    _compare("The functions of this database are of skytract", row[1], skytract.__version__)
    running = connection.execute("SELECT meta.code_version()").fetchone()
    if running != (skytract.__version__,):
        raise SkytractError(
            f"The server's Python runs skytract {running and running[0]}, this code is "
            f"{skytract.__version__}: run `skytract server restart`."
        )


def _compare(what: str, found: str, needed: str) -> None:
    if Version(found) < Version(needed):
        raise SkytractError(f"{what} {found}, this code needs {needed}: run `skytract migrate`.")
    if Version(found) > Version(needed):
        raise SkytractError(
            f"{what} {found}, this code is older and needs {needed}: install the newer skytract."
        )

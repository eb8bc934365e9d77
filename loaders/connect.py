"""Connections to the database: one function, the role named by what it may do.

The private server of `Home.default` is used, or the server that SKYTRACT_DSN names (see `dsn`).
"""

import os
from typing import Any

import psycopg

from skytract.loaders.dsn import become, dsn_options, uses_dsn
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.server import DATABASE, connection_arguments, no_answer
from skytract.loaders.server_check import require_extensions
from skytract.loaders.server_process import postmaster_pid, server_code
from skytract.loaders.server_python import code_folder, refresh_code

ROLES = ("owner", "loader", "manager", "reader")


def connect(
    role: str = "reader",
    home: Home | None = None,
    check: bool = True,
    dbname: str | None = None,
    autocommit: bool = False,
) -> psycopg.Connection[Any]:
    """Connect to the skytract database.

    Parameters
    ----------
    role
        "owner" (migrations), "loader" (raw tables), "manager" (stages, releases) or "reader".
    home
        The private server; default is SKYTRACT_DSN if set, else `Home.default`.
    check
        Refuse a database whose schema or code version differs from this code's.
    dbname
        Another database of the same server; default is SKYTRACT_DATABASE if set, else skytract.
    autocommit
        As in psycopg.

    Raises
    ------
    SkytractError
        The server does not run, lacks something, or is of another version; with the remedy.
    """
    options = connection_options(role, home, dbname)
    try:
        connection = psycopg.connect(**options, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise SkytractError(_refusal(str(error), options, home)) from error
    try:
        if home is None and uses_dsn():
            become(connection, f"skytract_{role}")
        if check:
            _check(connection, home)
    except BaseException:
        connection.close()
        raise
    return connection


def connection_options(
    role: str = "reader", home: Home | None = None, dbname: str | None = None
) -> dict[str, Any]:
    """Return libpq's connection parameters for a role, after checking that the server runs."""
    if role not in ROLES:
        raise SkytractError(f"There is no role {role!r}: choose one of {', '.join(ROLES)}.")
    user = f"skytract_{role}"
    dbname = dbname or os.environ.get("SKYTRACT_DATABASE")
    if home is None and uses_dsn():
        return dsn_options(user, dbname, DATABASE)
    home = home or Home.default()
    home.require()
    pid = postmaster_pid(home)
    if pid is None:
        raise SkytractError(
            f"The skytract server in {home.path} does not run: start it with "
            "`skytract server start`."
        )
    if server_code(home, pid) == code_folder():
        refresh_code(home)
    return dict(connection_arguments(home, user, dbname or DATABASE))


def _check(connection: psycopg.Connection[Any], home: Home | None) -> None:
    from skytract.loaders.versions import check_versions

    if home is None and uses_dsn():
        require_extensions(connection)
    else:
        _require_this_code(home or Home.default())
    try:
        check_versions(connection)
    except psycopg.errors.ExternalRoutineException as error:
        raise SkytractError(
            f"The server's Python cannot run skytract ({error.diag.message_primary}): run "
            "`skytract doctor`, which says what its PYTHONPATH must hold."
        ) from error
    # The checks opened a transaction: the caller's first statement shall open its own.
    connection.rollback()


def _require_this_code(home: Home) -> None:
    pid = postmaster_pid(home)
    running = server_code(home, pid) if pid else code_folder()
    if running != code_folder():
        raise SkytractError(
            f"The server in {home.path} runs the code in {running}, but this is the code in "
            f"{code_folder()}: run `skytract server restart` to let it run this one, or set "
            "SKYTRACT_HOME to give this code a server of its own."
        )


def _refusal(message: str, options: dict[str, Any], home: Home | None) -> str:
    """Turn libpq's complaint into a sentence with a remedy."""
    said = " ".join(message.split())
    if f'role "{options["user"]}" does not exist' in said:
        return f"The server has no role {options['user']} yet: run `skytract migrate`."
    if f'database "{options["dbname"]}" does not exist' in said:
        return (
            f"The server has no database {options['dbname']!r}: make it with "
            f"`skytract --database {options['dbname']} migrate`, or name another one."
        )
    if home is None and uses_dsn():
        return (
            f"The server named by SKYTRACT_DSN refused the connection ({said}): correct its host, "
            "port, user or password, or unset it to use the private server."
        )
    return no_answer(home or Home.default(), said)

"""Connections to the database: one function, the role named by what it may do.

The private server of `Home.default` is used, or the server that SKYTRACT_DSN names. The role of a
connection to the latter: where the DSN names no user, the user is ``skytract_<role>``; where it
does name one, that user must be a member of ``skytract_<role>``, which becomes the role of the session.
Such a session can take back the user's own rights (SET ROLE NONE): a DSN handed to somebody who
must not have them should name no user, or a lesser one.
"""

import os
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from skytract.loaders.errors import SkytractError
from skytract.loaders.home import Home
from skytract.loaders.server import DATABASE, connection_arguments
from skytract.loaders.server_process import postmaster_pid
from skytract.loaders.server_python import refresh_code

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
        Another database of the same server.
    autocommit
        As in psycopg.

    Raises
    ------
    SkytractError
        The server does not run, lacks something, or is of another version; with the remedy.
    """
    arguments = connection_options(role, home, dbname)
    try:
        connection = psycopg.connect(**arguments, autocommit=autocommit)
    except psycopg.OperationalError as error:
        raise SkytractError(_refusal(str(error), arguments, role)) from error
    if check:
        try:
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
    if home is None and uses_dsn():
        return _dsn_options(user, dbname)
    home = home or Home.default()
    home.require()
    if postmaster_pid(home) is None:
        raise SkytractError(
            f"The skytract server in {home.path} does not run: start it with "
            "`skytract server start`."
        )
    refresh_code(home)
    return dict(connection_arguments(home, user, dbname or DATABASE))


def uses_dsn() -> bool:
    """Whether an existing server is named by SKYTRACT_DSN."""
    return bool(os.environ.get("SKYTRACT_DSN"))


def _dsn_options(user: str, dbname: str | None) -> dict[str, Any]:
    try:
        options = conninfo_to_dict(os.environ["SKYTRACT_DSN"])
    except psycopg.ProgrammingError as error:
        raise SkytractError(
            f"SKYTRACT_DSN is not a connection string ({str(error).strip()}): write it as "
            "postgresql://user@host:5432/skytract or host=... dbname=..., or unset it to use the "
            "private server."
        ) from error
    if "user" in options:
        options["options"] = f"{options.get('options') or ''} -c role={user}".strip()
    else:
        options["user"] = user
    options["dbname"] = dbname or options.get("dbname") or DATABASE
    options.setdefault("connect_timeout", 10)
    return options


def _refusal(message: str, arguments: dict[str, Any], role: str) -> str:
    """Turn libpq's complaint into a sentence with a remedy."""
    said = " ".join(message.split())
    if f'role "skytract_{role}" does not exist' in said:
        before = " (before, CREATE ROLE skytract_owner SUPERUSER LOGIN there)" if uses_dsn() else ""
        return f"There is no role skytract_{role} yet: run `skytract migrate`{before}."
    if "permission denied to set role" in said or 'invalid value for parameter "role"' in said:
        return (
            f"The user of SKYTRACT_DSN may not act as skytract_{role}: GRANT that role to it, or "
            "run `skytract migrate` there if that role does not exist yet."
        )
    if "does not exist" in said and "database" in said:
        return (
            f"The server has no database {arguments['dbname']!r}: make it with CREATE DATABASE "
            f"{arguments['dbname']}, or name another one in SKYTRACT_DSN."
        )
    place = "named by SKYTRACT_DSN" if uses_dsn() else f"at {arguments['host']}"
    remedy = "check host, port, user and password" if uses_dsn() else "run `skytract doctor`"
    return f"The server {place} refused the connection ({said}): {remedy}."


def _check(connection: psycopg.Connection[Any], home: Home | None) -> None:
    if home is None and uses_dsn():
        from skytract.loaders.server_check import require_extensions

        require_extensions(connection)
    from skytract.loaders.versions import check_versions

    check_versions(connection)
    # The checks opened a transaction: the caller's first statement shall open its own.
    connection.rollback()

"""An existing server instead of the private one, named by SKYTRACT_DSN.

Which role a connection has: where the DSN names no user, the user is ``skytract_<role>``; where it
does, that user must be a member of ``skytract_<role>``, which the session becomes. Such a session
can take back the user's own rights (SET ROLE NONE): give somebody who must not have them a DSN
without a user, or with a lesser one.
"""

import os
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from skytract.loaders.errors import SkytractError

VARIABLE = "SKYTRACT_DSN"

APPLY_ROLE_SETTINGS = Path(__file__).with_name("apply_role_settings.sql")


def uses_dsn() -> bool:
    """Whether an existing server is named by SKYTRACT_DSN."""
    return bool(os.environ.get(VARIABLE))


def dsn_options(user: str, dbname: str | None, default_dbname: str) -> dict[str, Any]:
    """Return the connection parameters of SKYTRACT_DSN, completed by user, database, time-out.

    Parameters
    ----------
    user
        User where the DSN names none.
    dbname
        Database to use instead of the DSN's.
    default_dbname
        Database where neither names one.
    """
    try:
        options = conninfo_to_dict(os.environ[VARIABLE])
    except psycopg.ProgrammingError as error:
        raise SkytractError(
            f"SKYTRACT_DSN is not a connection string ({str(error).strip()}): write it as "
            "postgresql://user@host:5432/skytract or host=... dbname=..., or unset it to use the "
            "private server."
        ) from error
    options["dbname"] = dbname or options.get("dbname") or default_dbname
    return {"user": user, "connect_timeout": 10, **options}


def become(connection: psycopg.Connection[Any], role: str) -> None:
    """Give a session the role and the role's settings, as if it had connected as that user."""
    if connection.info.user == role:
        return
    try:
        with connection.transaction():
            _make_owner(connection, role)
            connection.execute(APPLY_ROLE_SETTINGS.read_bytes(), [role])
            connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    except psycopg.errors.InvalidParameterValue as error:
        raise SkytractError(
            f"The server has no role {role} yet: run `skytract migrate`."
        ) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise SkytractError(
            f"The user {connection.info.user} of SKYTRACT_DSN may not act as {role}: let an "
            f"administrator of that server run `GRANT {role} TO {connection.info.user}`, or name "
            "another user."
        ) from error


def _make_owner(connection: psycopg.Connection[Any], role: str) -> None:
    """Let a superuser's first connection as owner make that role, which migrations need."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    superuser = connection.info.parameter_status("is_superuser") == "on"
    if known is None and superuser and role == "skytract_owner":
        connection.execute("CREATE ROLE skytract_owner SUPERUSER NOLOGIN")

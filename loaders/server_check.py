"""What a server must have to run skytract, asked of the server itself."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

import skytract
from skytract.loaders.errors import SkytractError
from skytract.loaders.server_python import code_folder, site_folder

EXTENSIONS = {"plpython3u": "postgresql-plpython3-{major}", "q3c": "postgresql-{major}-q3c"}
"""Needed extension -> the Debian package that brings it."""

PYTHON_REPORT = Path(__file__).with_name("server_check.sql")


@dataclass(frozen=True)
class ServerReport:
    """What was found in a server.

    Parameters
    ----------
    version
        Version of PostgreSQL.
    extensions
        Version of each needed extension that the server could create, None if it is not installed.
    python
        "python" and the packages UDFs import -> version; None where the import failed, the reason
        is in `faults`. Empty when the session may not look (it needs a superuser).
    faults
        Package -> why the server's Python could not import it.
    """

    version: str
    extensions: dict[str, str | None]
    python: dict[str, str]
    faults: dict[str, str]

    def problems(self) -> list[str]:
        """Return a sentence with its remedy for everything that keeps skytract from running."""
        major = int(self.version.split(".")[0])
        missing = [name for name, version in self.extensions.items() if version is None]
        problems = [_missing_extension(name, major) for name in missing]
        if self.faults:
            package, reason = next(iter(self.faults.items()))
            problems.append(
                f"The server's Python cannot import {package} ({reason}): its PYTHONPATH must be "
                f"{code_folder()}:{site_folder()}. `skytract server restart` sets it for the "
                f"private server; on a Debian cluster put PYTHONPATH = '...' into "
                f"/etc/postgresql/{major}/main/environment and restart that cluster."
            )
        elif self.python.get("skytract", skytract.__version__) != skytract.__version__:
            problems.append(
                f"The server's Python runs skytract {self.python['skytract']}, this code is "
                f"{skytract.__version__}: restart the server (`skytract server restart`)."
            )
        return problems


def check_server(connection: psycopg.Connection[Any]) -> ServerReport:
    """Ask a server for its version, extensions and Python packages; nothing is changed in it.

    Parameters
    ----------
    connection
        A transaction that is open stays open, none is left open. Only a superuser can look into the
        server's Python.
    """
    idle = connection.info.transaction_status == TransactionStatus.IDLE
    extensions = _extensions(connection)
    python: dict[str, str] = {}
    faults: dict[str, str] = {}
    superuser = connection.info.parameter_status("is_superuser") == "on"
    if superuser and extensions["plpython3u"]:
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE EXTENSION IF NOT EXISTS plpython3u")
            connection.execute(PYTHON_REPORT.read_bytes())
            row = connection.execute("SELECT current_setting('skytract.report')").fetchone()
        assert row is not None
        python, faults = json.loads(row[0])
    if idle:
        connection.rollback()
    version = str(connection.info.parameter_status("server_version")).split(" ")[0]
    return ServerReport(version, extensions, python, faults)


def require_server(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server that lacks an extension or a Python package, with the remedy."""
    problems = check_server(connection).problems()
    if problems:
        raise SkytractError(problems[0])


def require_extensions(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server on whose machine plpython3u or q3c is not installed: quick, for any role."""
    for name, version in _extensions(connection).items():
        if version is None:
            raise SkytractError(_missing_extension(name, connection.info.server_version // 10000))


def _extensions(connection: psycopg.Connection[Any]) -> dict[str, str | None]:
    query = "SELECT name, default_version FROM pg_available_extensions WHERE name = ANY(%s)"
    found = dict(connection.execute(query, [list(EXTENSIONS)]).fetchall())
    return {name: found.get(name) for name in EXTENSIONS}


def _missing_extension(name: str, major: int) -> str:
    package = EXTENSIONS[name].format(major=major)
    return (
        f"The server has no extension {name}: install the Debian package {package} on its machine "
        f"(`apt-get install {package}`)."
    )

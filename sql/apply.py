"""Applies the .sql files: roles and settings before a migration, functions and views after it."""

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Protocol

SQL_FOLDER = Path(__file__).resolve().parent
DOMAINS = (
    "meta",
    "sky",
    "raw",
    "association",
    "overlap",
    "calibration",
    "variability",
    "classification",
)
"""Domains in the order of installation, which is the allowed direction of references."""


class Connection(Protocol):
    """What is needed of a database connection."""

    def execute(self, query: bytes) -> Any:
        """Run one or more SQL statements."""
        ...


def requirements(file: Path) -> list[str]:
    """Names of the files of the same domain that must be applied before this one.

    They are declared in a line `-- requires: name name` at the head of the file.
    """
    found = re.search(r"^-- requires: (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].split() if found else []


def domain_files(domain: str) -> list[Path]:
    """List the .sql files of a domain, in the order of application."""
    files = {file.stem: file for file in sorted((SQL_FOLDER / domain).glob("*.sql"))}
    order = TopologicalSorter({name: requirements(file) for name, file in files.items()})
    return [files[name] for name in order.static_order()]


def apply_roles(connection: Connection) -> None:
    """Create the four roles and the settings of this database, where they are missing."""
    for name in ("create_roles", "database_settings"):
        connection.execute((SQL_FOLDER / "roles" / f"{name}.sql").read_bytes())


def apply_functions(connection: Connection) -> None:
    """Create or replace every function, view and operator, then triggers and rights of roles.

    Functions and views of the domains that no file makes any more, or makes with other arguments,
    are dropped: a migrated database holds what a new one holds. All in the caller's transaction.
    """
    roles = SQL_FOLDER / "roles"
    connection.execute((roles / "note_functions.sql").read_bytes())
    for domain in DOMAINS:
        for file in domain_files(domain):
            connection.execute(file.read_bytes())
    connection.execute((roles / "drop_stale_functions.sql").read_bytes())
    for name in ("grants", "ledger_triggers", "photometry_triggers"):
        connection.execute((roles / f"{name}.sql").read_bytes())

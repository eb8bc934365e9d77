"""Makes, lists and publishes data releases: a schema each, from the declared model."""

import re
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

import skytract
from skytract.loaders.errors import SkytractError
from skytract.loaders.lend import lend
from skytract.loaders.partition import copy_tessellation
from skytract.sql.model import release_metadata
from skytract.sql.version import MODEL_VERSION


def create_release(connection: psycopg.Connection[Any], name: str) -> None:
    """Make the schema of a release with all its tables, partitioned as the raw tables are.

    Parameters
    ----------
    connection
        A connection of the owner.
    name
        Name of the release and of its schema, e.g. ``dr1``.

    Raises
    ------
    SkytractError
        If the name cannot be a release's or is taken.
    """
    if not re.fullmatch(r"[a-z]{1,20}[0-9][a-z0-9_]{0,30}", name):
        raise SkytractError(
            f"{name!r} is no name for a release: use up to 20 lower-case letters followed by a "
            "number, such as dr1 or dr2_test."
        )
    taken = connection.execute("SELECT to_regnamespace(%s)", (name,)).fetchone()
    if taken != (None,):
        raise SkytractError(f"A schema {name} exists already: choose another name.")
    with lend(connection) as lent:
        schema = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(schema))
        text = f"Data release {name}: the DPDD's tables, calibrated; its state is in meta.Release."
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(schema, text))
        release_metadata(name).create_all(lent)
        connection.execute(
            "INSERT INTO meta.Release (release, state, schemaVersion, codeVersion, createdAt) "
            "VALUES (%s, 'open', %s, %s, now())",
            (name, MODEL_VERSION, skytract.__version__),
        )
        copy_tessellation(connection, "raw", name)
        connection.execute("SELECT meta.grant_release(%s)", (name,))


def publish_release(connection: psycopg.Connection[Any], name: str) -> None:
    """Freeze a release: nobody can write to it any more.

    Parameters
    ----------
    connection
        A connection of the manager (or the owner).
    name
        Name of an open release.

    Raises
    ------
    SkytractError
        If there is no such release, or it is published already.
    """
    try:
        connection.execute("SELECT meta.publish_release(%s)", (name,))
        connection.commit()
    except psycopg.errors.RaiseException as error:
        connection.rollback()
        diagnostics = error.diag
        raise SkytractError(f"{diagnostics.message_primary}. {diagnostics.message_hint}") from error


def list_releases(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Return the rows of meta.Release, oldest first, as dictionaries."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute("SELECT * FROM meta.Release ORDER BY createdAt").fetchall()

"""Makes and drops databases of the server; the one called skytract is made with the server."""

import psycopg
from psycopg import sql

from skytract.loaders.connect import connect, connection_options
from skytract.loaders.errors import SkytractError


def create_database(name: str | None = None) -> bool:
    """Make a database if it is missing; return whether it was.

    Parameters
    ----------
    name
        Its name; default is that of `connect`.
    """
    name = name or connection_options("owner")["dbname"]
    with connect("owner", check=False, dbname="postgres", autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is not None:
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def drop_database(name: str) -> None:
    """Drop a database with all it holds; nothing happens if there is none.

    Raises
    ------
    SkytractError
        If somebody works in it.
    """
    drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
    try:
        with connect("owner", check=False, dbname="postgres", autocommit=True) as connection:
            connection.execute(drop)
    except psycopg.errors.ObjectInUse as error:
        raise SkytractError(
            f"The database {name} is in use: close the sessions in it, then try again."
        ) from error

"""What a server must have to run skytract, asked of the server itself."""

from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError

EXTENSIONS = {"plpython3u": "postgresql-plpython3-{major}", "q3c": "postgresql-{major}-q3c"}
"""Needed extension -> the Debian package that brings it."""


def require_extensions(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server without plpython3u or q3c, saying whether to install or to create them."""
    query = "SELECT name, installed_version FROM pg_available_extensions WHERE name = ANY(%s)"
    found = dict(connection.execute(query, [list(EXTENSIONS)]).fetchall())
    major = connection.info.server_version // 10000
    for name, package in EXTENSIONS.items():
        if name not in found:
            raise SkytractError(
                f"The server has no extension {name}: install the Debian package "
                f"{package.format(major=major)} on its machine."
            )

"""Examines this machine and the server for everything that skytract needs."""

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

import psycopg

import skytract
from skytract.loaders.connect import connect
from skytract.loaders.dsn import uses_dsn
from skytract.loaders.errors import SkytractError
from skytract.loaders.home import SOCKET_LIMIT, Home
from skytract.loaders.ledger import find_unequal_loads
from skytract.loaders.partition_schedule import scheduled_cells
from skytract.loaders.postgresql import find_postgresql, installed
from skytract.loaders.server import data_major, status
from skytract.loaders.server_check import check_server
from skytract.loaders.server_python import code_folder, require_same_python
from skytract.loaders.wording import count

FREE_BYTES = 3_000_000_000
"""Free disk below which a load of any size is likely to end early [bytes]."""

LOADS_NAMED = 5
"""Loads with other rows than the ledger says that are named; the first ones."""

PACKAGES = ("numpy", "scipy", "astropy", "healpy", "psycopg", "sqlalchemy", "alembic", "lsst-felis")


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Parameters
    ----------
    what
        The thing examined.
    state
        "ok", "note" (worth knowing) or "bad" (keeps skytract from running).
    found
        What was found.
    remedy
        What to do about it, empty if nothing.
    """

    what: str
    state: Literal["ok", "note", "bad"]
    found: str
    remedy: str = ""


def examine(rows: bool = False) -> list[Finding]:
    """Return all findings; nothing is changed on the machine or in the database.

    Parameters
    ----------
    rows : bool
        Whether to count the rows of every load, for which all raw tables are read.
    """
    parts: list[Callable[[], Iterator[Finding]]] = [machine, packages]
    parts += [server_by_dsn] if uses_dsn() else [postgresql, home, private_server]
    if rows:
        parts.append(loads)
    return [finding for part in parts for finding in _sentences(part)]


def machine() -> Iterator[Finding]:
    """Report operating system, Python and the code."""
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.platform()
    yield Finding("system", "ok", f"{system}, {platform.machine()}")
    yield Finding("Python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield Finding("skytract", "ok", f"{skytract.__version__}, {code_folder()}")


def packages() -> Iterator[Finding]:
    """Report the versions of the Python packages that matter most."""
    versions, missing = [], []
    for name in PACKAGES:
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    yield Finding("packages", "ok", ", ".join(versions))
    if missing:
        yield Finding("packages", "bad", f"{', '.join(missing)} missing", "Run `make install`.")


def postgresql() -> Iterator[Finding]:
    """Report every PostgreSQL found, and why those that cannot be used are not."""
    for found in installed():
        problem = found.problem()
        text = f"{found.version or 'unknown version'}, {found.bin}"
        if problem:
            yield Finding("PostgreSQL", "note", f"{text}: {problem}")
        else:
            python = ".".join(map(str, found.python_version or ()))
            yield Finding("PostgreSQL", "ok", f"{text}, plpython3u with Python {python}, q3c")
    require_same_python(find_postgresql())


def home() -> Iterator[Finding]:
    """Report the folder of the private server, its disk and its socket."""
    place = Home.default()
    who = f"account {place.account.name}"
    existing = next(path for path in (place.path, *place.path.parents) if path.exists())
    if place.exists():
        place.require()
        yield Finding("home", "ok", f"{place.path}, {who}")
    else:
        yield Finding("home", "note", f"{place.path} is not made yet, {who}")
    free = shutil.disk_usage(existing).free
    text = f"{free / 1e9:.1f} GB free at {existing}"
    remedy = "Free some space, or set SKYTRACT_HOME to a folder on a larger disk."
    yield Finding("disk", "ok", text) if free > FREE_BYTES else Finding("disk", "bad", text, remedy)
    length = f"{len(bytes(place.socket))} of at most {SOCKET_LIMIT} bytes"
    yield Finding("socket", "ok", f"{place.socket} ({length})")


def private_server() -> Iterator[Finding]:
    """Report the private server: whether it runs, what it has, versions of tables and code."""
    found = status()
    if not found.running:
        text = "does not run" if data_major(found.home) else "was never started"
        yield Finding("server", "note", text, "Run `skytract server start`.")
        return
    yield Finding("server", "ok", f"PostgreSQL {found.major}, process {found.pid}, {found.code}")
    yield from _sentences(database)


def server_by_dsn() -> Iterator[Finding]:
    """Report the server that SKYTRACT_DSN names."""
    yield from _sentences(database)


def database() -> Iterator[Finding]:
    """Report what the server has, and whether its tables and functions fit this code."""
    with connect("owner", check=False, autocommit=True) as connection:
        yield from inside(connection)
    with connect("owner") as connection:
        yield Finding("database", "ok", f"tables and functions fit skytract {skytract.__version__}")
        yield from partitions(connection)


def partitions(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """Report the raw partitions that loads found too large."""
    cells = scheduled_cells(connection)
    if cells:
        cell, rows = cells[0]
        text = f"beyond the row budget: {len(cells)}, {cell.ord}/{cell.pixel} with {rows:,} rows"
        remedy = "Run `skytract partition split --scheduled` when no loads run."
        yield Finding("partitions", "note", text, remedy)


def loads() -> Iterator[Finding]:
    """Report loads whose rows are not as many as the ledger says."""
    with connect("reader") as connection:
        unequal = find_unequal_loads(connection)
    for kind, load_id, state, path, in_ledger, in_table in unequal[:LOADS_NAMED]:
        found = f"load {load_id} has {count(in_table, 'row')} of {kind}"
        if state == "loaded":
            text = f"{found}, and the ledger says {in_ledger:,}"
            remedy = f"Run `skytract load undo {load_id}`, and load {path} again."
        else:
            text = f"{found}, and the ledger says that it is {state or 'no load of that table'}"
            remedy = "They came past the loader: whoever put them there must take them out."
        yield Finding("loads", "bad", text, remedy)
    if len(unequal) > LOADS_NAMED:
        text = f"{len(unequal) - LOADS_NAMED:,} more with other rows than the ledger says"
        yield Finding("loads", "bad", text, "See `SELECT * FROM meta.find_unequal_loads()`.")
    if not unequal:
        yield Finding("loads", "ok", "every load has the rows that the ledger says")


def inside(connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """Report extensions and Python packages of a server."""
    report = check_server(connection)
    extensions = (f"{name} {version}" for name, version in report.extensions.items() if version)
    yield Finding("inside", "ok", f"PostgreSQL {report.version}, {', '.join(extensions)}")
    if report.python:
        versions = (f"{name} {version}".strip() for name, version in report.python.items())
        yield Finding("inside", "ok", ", ".join(versions))
    else:
        yield Finding("inside", "note", "only a superuser can look into the server's Python")
    for problem in report.problems():
        yield _bad("inside", problem)


def _sentences(part: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield a part's findings; a refusal becomes the last of them."""
    try:
        yield from part()
    except SkytractError as error:
        yield _bad(part.__name__.replace("_", " "), str(error))


def _bad(what: str, sentence: str) -> Finding:
    found, _, remedy = sentence.partition(": ")
    return Finding(what, "bad", found, remedy[:1].upper() + remedy[1:])

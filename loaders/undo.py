"""Takes loads out again: the rows of a file, or of a whole unit, in one transaction."""

from dataclasses import dataclass
from time import monotonic
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.ledger import show_load
from skytract.loaders.load_attempt import explain_cut, require_idle
from skytract.loaders.load_entry import MANIFEST_KIND

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class UndoResult:
    """What was taken out.

    Parameters
    ----------
    load_id : int
        The load, or that of the unit it belongs to.
    loads : tuple of int
        All entries that are undone now: one, or a unit's manifest and files.
    rows : dict
        Rows that were deleted, by kind.
    seconds : float
        Time it took.
    """

    load_id: int
    loads: tuple[int, ...]
    rows: dict[str, int]
    seconds: float


def undo_load(connection: Connection, load_id: int) -> UndoResult:
    """Delete the rows of a load, or of the unit it belongs to; the ledger keeps its entry.

    The same content can be loaded again afterwards. Readers see all of it until the end, then
    nothing. Whatever stages made of the rows is made anew when these run again; published releases
    stay as they are. Loads whose place it took are not restored: their content can be loaded again.

    Parameters
    ----------
    connection : psycopg.Connection
        As the role loader, not within a transaction.
    load_id : int
        The load.

    Raises
    ------
    SkytractError
        If it is not loaded, other loads need its visits, or another session is taking it out; or
        if it was cut off: all of it is done or nothing, and it can be repeated.
    """
    require_idle(connection)
    started = monotonic()
    with explain_cut(f"The undo of load {load_id}"):
        removed = _remove(connection, load_id)
        if not removed:
            raise _not_loaded(connection, load_id)
    rows: dict[str, int] = {}
    for _, kind, count in removed:
        if kind != MANIFEST_KIND:
            rows[kind] = rows.get(kind, 0) + count
    loads = tuple(sorted(load for load, _, _ in removed))
    return UndoResult(loads[0], loads, rows, monotonic() - started)


def _remove(connection: Connection, load_id: int) -> list[tuple[int, str, int]]:
    try:
        with connection.transaction():
            query = "SELECT removed_id, kind, row_count FROM meta.remove_load(%s)"
            return connection.execute(query, (load_id,)).fetchall()
    except psycopg.errors.LockNotAvailable as error:
        raise SkytractError(
            f"Load {load_id} is being undone or replaced by another session: see with "
            f"`skytract load show {load_id}` what became of it."
        ) from error
    except psycopg.errors.DependentObjectsStillExist as error:
        said, hint = str(error.diag.message_primary), error.diag.message_hint
        raise SkytractError(f"{said[0].upper()}{said[1:]}: nothing was undone. {hint}") from error


def _not_loaded(connection: Connection, load_id: int) -> SkytractError:
    entry = show_load(connection, load_id).entry
    replaced = f" by load {entry.replaced_by}" if entry.replaced_by else ""
    return SkytractError(
        f"Load {load_id} ({entry.path}) is {entry.state}{replaced}: nothing of it is in the tables."
    )

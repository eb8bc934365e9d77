"""One file within the transaction of its load: its rows, its entry, and the gate before commit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.check_references import refuse_lost_visits, refuse_shared_ids
from skytract.loaders.dialect_find import find_match
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_attempt import Attempt
from skytract.loaders.load_claims import Claims
from skytract.loaders.load_entry import finish_load, open_load
from skytract.loaders.load_rows import Progress, load_rows
from skytract.loaders.read_catalog import open_catalog

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Brought:
    """A file whose rows are in their table, in a transaction that is not committed yet.

    Parameters
    ----------
    path : Path
        The file.
    load_id : int
        loadId of its rows.
    plan : Plan
        Its table.
    rows : int
        How many.
    ids : pair of int, optional
        Least and greatest id, where ids of loads are to be compared.
    compared : list of int
        Loads whose ids they were compared with.
    """

    path: Path
    load_id: int
    plan: Plan
    rows: int
    ids: tuple[int, int] | None
    compared: list[int]


def bring_file(
    connection: Connection,
    attempt: Attempt,
    constants: Mapping[str, Any],
    claims: Claims,
    progress: Progress,
    memory: int,
) -> Brought:
    """Copy the rows of a file into their table and close its entry in the ledger.

    Parameters
    ----------
    connection : Connection
        In a transaction, which the caller takes through `pass_gate` and commits.
    attempt : Attempt
        The file; its kind and dialect are filled in.
    constants : mapping
        Columns that the file lacks, one value for all its rows.
    claims : Claims
        The places of this transaction.
    progress : callable
        Called with the number of rows just copied.
    memory : int
        Bytes that rows on their way may take.

    Raises
    ------
    RefusedError
        If anything is wrong with the file.
    """
    with open_catalog(attempt.path) as file:
        match = find_match(file, attempt.kind, attempt.dialect, constants)
        attempt.kind, attempt.dialect = match.target.kind, match.dialect.name
        catalog, plan = match.plan(constants)
        open_load(connection, attempt.load_id)
        tally = load_rows(connection, catalog, plan, attempt.load_id, claims, progress, memory)
    ids = tally.ids() if plan.target.ids_apart else None
    brought = Brought(attempt.path, attempt.load_id, plan, tally.rows, ids, [])
    _compare_ids(connection, brought)
    identity = claims.identity(attempt.load_id)
    finish_load(
        connection, attempt.load_id, attempt.kind, attempt.dialect, identity, tally.rows, ids
    )
    return brought


def _compare_ids(connection: Connection, file: Brought) -> None:
    if file.ids:
        file.compared.extend(
            refuse_shared_ids(
                connection, file.path, file.plan, file.load_id, file.ids, file.compared
            )
        )


def pass_gate(connection: Connection, files: Iterable[Brought]) -> None:
    """Check files against what was committed while they were copied; the commit follows at once.

    Transactions pass here one at a time, so that of two loads that share an id, and of a load and
    the undo of a visit that it needs, the second one sees the first.

    Raises
    ------
    RefusedError
        If an id was taken, or a visit or detector undone, meanwhile.
    """
    connection.execute("SELECT meta.pass_gate()")
    for file in files:
        _compare_ids(connection, file)
        refuse_lost_visits(connection, file.path, file.plan, file.load_id)

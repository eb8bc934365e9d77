"""Checks of a file against the database: known visits and detectors, ids that nobody has."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_refused import RefusedError, UnknownVisitError

Connection = psycopg.Connection[Any]


def refuse_unknown_visits(connection: Connection, batch: Batch) -> None:
    """Refuse rows whose visit, or pair of visit and detector, the database does not have."""
    kind = batch.plan.target.kind
    if kind == "Visit" or "visit" not in batch.columns:
        return
    names = ("visit",) if kind == "VisitDetector" else ("visit", "detector")
    places = [values.tolist() for values in batch.distinct(names)]
    if len(names) == 1:
        query = "SELECT raw.find_unknown_visits(%s::bigint[])"
    else:
        query = "SELECT * FROM raw.find_unknown_detectors(%s::bigint[], %s::integer[])"
    unknown = connection.execute(query, places).fetchone()
    if unknown is not None:
        pairs = zip(names, unknown, strict=True)
        same = [batch.columns[name].values == value for name, value in pairs]
        _refuse_unknown(batch, unknown, int(np.argmax(np.logical_and.reduce(same))))


def _refuse_unknown(batch: Batch, unknown: Sequence[int], row: int) -> None:
    names = ("visit", "detector")[: len(unknown)]
    table = "VisitDetector" if len(unknown) > 1 else "Visit"
    error = UnknownVisitError(
        batch.path,
        f"raw.{table} does not have it",
        f"load the file with its {table} row first, or correct the value",
        ", ".join(batch.plan.source(name) for name in names),
        batch.first + row,
        ", ".join(map(str, unknown)),
    )
    error.unknown = tuple(unknown)
    raise error


def refuse_shared_ids(
    connection: Connection,
    path: Path,
    plan: Plan,
    load_id: int,
    ids: tuple[int, int],
    compared: Collection[int] = (),
) -> list[int]:
    """Refuse rows, already in the table, whose ids rows of other loads have.

    Ranges of ids that are disjoint, as those of different visits are, cost one look-up.

    Parameters
    ----------
    connection : Connection
        In the transaction that brought the rows.
    path : Path
        The file.
    plan : Plan
        Its table.
    load_id : int
        loadId of the rows.
    ids : pair of int
        Least and greatest id of the rows.
    compared : collection of int
        Loads that they were compared with before.

    Returns
    -------
    list of int
        Loads that they were compared with now.
    """
    target = plan.target
    query = "SELECT meta.find_loads_by_id(%s, %s, %s)"
    found = (row[0] for row in connection.execute(query, (target.kind, *ids)))
    loads = [load for load in found if load != load_id and load not in compared]
    if not loads:
        return loads
    keys = [target.columns[key].name for key in target.identity]
    query = "SELECT * FROM raw.find_shared_ids(%s, %s, %s, %s, %s, %s)"
    shared = connection.execute(query, (target.name, keys, load_id, loads, *ids)).fetchone()
    if shared is not None:
        raise RefusedError(
            path,
            f"Load {shared[1]} brought a row with the same id",
            "give the row another id, or leave it out if it is the same",
            plan.source(target.identity[0]),
            value=shared[0],
        )
    return loads


def refuse_lost_visits(connection: Connection, path: Path, plan: Plan, load_id: int) -> None:
    """Refuse rows, already in the table, whose visit or detector was undone meanwhile."""
    lost = connection.execute("SELECT * FROM raw.find_lost_visits(%s)", (load_id,)).fetchone()
    if lost is not None:
        table = "Visit" if plan.target.kind == "VisitDetector" else "VisitDetector"
        names = ("visit",) if table == "Visit" else ("visit", "detector")
        error = UnknownVisitError(
            path,
            f"raw.{table} does not have it any more",
            "load its file again before this one",
            ", ".join(plan.source(name) for name in names),
            value=", ".join(map(str, lost[: len(names)])),
        )
        error.unknown = tuple(lost[: len(names)])
        raise error

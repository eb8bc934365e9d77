"""One file into its table, within one transaction: read, check, key, sort, encode, COPY."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from skytract.loaders.check_identity import refuse_duplicates
from skytract.loaders.check_references import refuse_shared_ids, refuse_unknown_visits
from skytract.loaders.check_values import make_columns
from skytract.loaders.copy_binary import CopyColumn, encode
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog, Chunk
from skytract.udf.sky.hpx29 import hpx29

CHUNK_BYTES = 1 << 27
"""Values of a file that are held in memory at a time [bytes]; working copies triple that."""

Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]


@dataclass
class Tally:
    """What the rows of a file have been so far.

    Parameters
    ----------
    rows : int
        How many.
    keys : list
        Their identities: per chunk, the values of the columns that tell rows apart.
    places : set
        Least and greatest visit and detector, or tract and patch, per chunk.
    """

    rows: int = 0
    keys: list[list[npt.NDArray[Any]]] = field(default_factory=list)
    places: set[tuple[int, ...]] = field(default_factory=set)

    def identity(self, kind: str) -> str | None:
        """Name the one visit and detector (or tract and patch) of all rows: Source 903986/31."""
        place = next(iter(self.places), None)
        if place is None or len(self.places) > 1 or place[0] != place[1] or place[2] != place[3]:
            return None
        return f"{kind} {place[0]}/{place[2]}"

    def ids(self) -> tuple[int, int]:
        """Return the least and the greatest id."""
        first = [keys[0] for keys in self.keys]
        return min(int(k.min()) for k in first), max(int(k.max()) for k in first)


def load_rows(
    connection: Connection, catalog: Catalog, plan: Plan, load_id: int, progress: Progress
) -> Tally:
    """Copy all rows of an opened file into its table, or refuse the file.

    Parameters
    ----------
    connection : Connection
        In a transaction, which the caller commits, or rolls back when this raises.
    catalog : Catalog
        The opened file.
    plan : Plan
        What becomes of its columns.
    load_id : int
        loadId of the rows.
    progress : callable
        Called with the number of rows just copied.

    Raises
    ------
    RefusedError
        If anything is wrong with any row.
    """
    tally = Tally()
    for chunk in catalog.chunks(plan.reads, _chunk_rows(plan)):
        columns = make_columns(catalog.path, plan, chunk)
        _check(connection, catalog.path, plan, columns, chunk.first, tally)
        _copy(connection, catalog.path, plan, columns, chunk, load_id)
        tally.rows += chunk.rows
        progress(chunk.rows)
    if tally.rows == 0:
        raise RefusedError(catalog.path, "It has no rows", "leave it out, or write it again")
    if len(tally.keys) > 1:
        keys = [np.concatenate(parts) for parts in zip(*tally.keys, strict=True)]
        refuse_duplicates(catalog.path, plan.identity, keys)
    if plan.target.ids_apart:
        refuse_shared_ids(connection, catalog.path, plan, load_id, tally.ids())
    return tally


def _chunk_rows(plan: Plan) -> int:
    return max(1, CHUNK_BYTES // (8 * len(plan.steps)))


def _check(
    connection: Connection,
    path: Path,
    plan: Plan,
    columns: dict[str, CopyColumn],
    first: int,
    tally: Tally,
) -> None:
    keys = [columns[key].values for key in plan.target.identity]
    refuse_duplicates(path, plan.identity, keys, first)
    refuse_unknown_visits(connection, path, plan, columns, first)
    tally.keys.append(keys)
    for names in (("visit", "detector"), ("tract", "patch")):
        if all(name in columns for name in names):
            values = [columns[name].values for name in names]
            tally.places.add(tuple(int(end(v)) for v in values for end in (np.min, np.max)))


def _copy(
    connection: Connection,
    path: Path,
    plan: Plan,
    columns: dict[str, CopyColumn],
    chunk: Chunk,
    load_id: int,
) -> None:
    rows, order = list(columns.values()), None
    rows.append(CopyColumn("loadid", "bigint", np.full(chunk.rows, load_id)))
    if plan.target.hpx29:
        key = hpx29(columns["ra"].values, columns["dec"].values)
        rows.append(CopyColumn("hpx29", "bigint", key))
        order = np.argsort(key, kind="stable")
    elif plan.target.partition_key:
        order = np.argsort(columns[plan.target.partition_key].values, kind="stable")
    try:
        copy_columns(connection, plan.target.name, rows, order)
    except psycopg.IntegrityError as error:
        raise _refusal(path, plan, columns, chunk.first, error) from error


def copy_columns(
    connection: Connection,
    table: str,
    columns: list[CopyColumn],
    order: npt.NDArray[np.int64] | None = None,
) -> None:
    """Send rows to a raw table by binary COPY, in the given order."""
    statement = sql.SQL("COPY raw.{} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(c.name) for c in columns)
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in encode(columns, order):
            copy.write(piece.data)


def _refusal(
    path: Path,
    plan: Plan,
    columns: dict[str, CopyColumn],
    first: int,
    error: psycopg.IntegrityError,
) -> RefusedError:
    """Turn a violated constraint of the table into the refusal of the file."""
    said = error.diag.message_detail or str(error).splitlines()[0]
    found = re.search(r"Key \((.*)\)=\((.*)\) already exists", said)
    if found is None:
        return RefusedError(path, said.rstrip("."), "correct the row")
    values = dict(zip(found[1].split(", "), found[2].split(", "), strict=True))
    mine = {key: column for key, column in columns.items() if column.name in values}
    same = [c.values.astype("S") == values[c.name].encode() for c in mine.values()]
    row = first + int(np.argmax(np.logical_and.reduce(same)))
    return RefusedError(
        path,
        f"raw.{plan.target.kind} has this row already",
        "leave the row out, or load the file that has it only once",
        ", ".join(plan.source(key) for key in mine),
        row,
        ", ".join(values[column.name] for column in mine.values()),
    )

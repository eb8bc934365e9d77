"""One file into its table, within one transaction: read, check, key, sort, encode, COPY."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from psycopg import sql

from skytract.loaders.check_identity import refuse_duplicates
from skytract.loaders.check_known import find_known
from skytract.loaders.check_references import refuse_unknown_visits
from skytract.loaders.check_values import make_batch
from skytract.loaders.copy_binary import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_batch import Batch
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog
from skytract.udf.sky.hpx29 import hpx29

CHUNK_BYTES = 1 << 25
"""Values of a file that are read at a time [bytes]; decoded, sorted and encoded, six times that."""

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
    """

    rows: int = 0
    keys: list[list[npt.NDArray[Any]]] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count the rows of a batch that is copied."""
        self.rows += batch.rows
        self.keys.append(batch.keys())

    def refuse_duplicates(self, plan: Plan, path: Path) -> None:
        """Refuse a file in which rows of several batches are the same thing."""
        if len(self.keys) > 1:
            keys = [np.concatenate(parts) for parts in zip(*self.keys, strict=True)]
            refuse_duplicates(path, plan.identity, keys)

    def ids(self) -> tuple[int, int]:
        """Return the least and the greatest id."""
        first = [keys[0] for keys in self.keys]
        return min(int(k.min()) for k in first), max(int(k.max()) for k in first)


def load_rows(
    connection: Connection,
    catalog: Catalog,
    plan: Plan,
    load_id: int,
    claim: Callable[[Batch], None],
    progress: Progress,
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
    claim : callable
        Called with a batch before its rows are copied, in the order of the file; what it raises
        refuses the file.
    progress : callable
        Called with the number of rows just copied.

    Raises
    ------
    RefusedError
        If anything is wrong with any row.
    """
    tally = Tally()
    for chunk in catalog.chunks(plan.reads, _chunk_rows(plan)):
        batch = make_batch(catalog.path, plan, chunk)
        refuse_duplicates(batch.path, plan.identity, batch.keys(), batch.first)
        refuse_unknown_visits(connection, batch)
        claim(batch)
        tally.add(batch)
        _copy(connection, batch, tally, load_id)
        progress(batch.rows)
    if tally.rows == 0:
        raise RefusedError(catalog.path, "It has no rows", "leave it out, or write it again")
    tally.refuse_duplicates(plan, catalog.path)
    return tally


def _chunk_rows(plan: Plan) -> int:
    return max(1, CHUNK_BYTES // (8 * len(plan.steps)))


def _copy(connection: Connection, batch: Batch, tally: Tally, load_id: int) -> None:
    """Add the loader's own columns to a batch and copy it, in the order of the partition key."""
    target, order = batch.plan.target, None
    columns = list(batch.columns.values())
    columns.append(CopyColumn("loadid", "bigint", np.full(batch.rows, load_id)))
    keys = [batch.columns[key] for key in target.identity]
    if target.hpx29:
        cells = hpx29(batch.columns["ra"].values, batch.columns["dec"].values)
        columns.append(CopyColumn("hpx29", "bigint", cells))
        keys += columns[-1:] if target.ids_apart else []
        order = np.argsort(cells, kind="stable")
    elif target.partition_key:
        order = np.argsort(batch.columns[target.partition_key].values, kind="stable")
    try:
        with connection.transaction():
            copy_rows(connection, sql.Identifier(target.schema, target.name), columns, order)
    except psycopg.errors.UniqueViolation as error:
        tally.refuse_duplicates(batch.plan, batch.path)
        raise find_known(connection, batch, keys) from error
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        raise RefusedError(batch.path, str(error.diag.message_primary), "correct it") from error

"""One file into its table, within one transaction.

A thread reads, checks and encodes ahead of what is sent: the server, which takes several times as
long for a row, never waits.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg
from psycopg import sql

from skytract.loaders.check_known import find_known
from skytract.loaders.check_references import refuse_unknown_visits
from skytract.loaders.copy_binary import BLOCK_BYTES, Piece
from skytract.loaders.copy_rows import send_pieces
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_claims import Claims
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.prepare_rows import Prepared, prepare_rows
from skytract.loaders.read_ahead import read_ahead
from skytract.loaders.read_catalog import Catalog
from skytract.loaders.seen_keys import SeenKeys
from skytract.loaders.wording import count

DEFAULT_MEMORY = 512 << 20
"""Memory for rows on their way [bytes]."""

CHUNK_BYTES = 1 << 25
"""Values that are read, and sorted, at a time at most [bytes], whatever the memory.

More of them take longer for each row: memory is new to the process again and again.
"""

AHEAD_BYTES = 1 << 23
"""Encoded rows that wait to be sent at most [bytes]: what the server takes while a chunk is read.

They should still be in the processor's cache when they are sent.
"""

Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Tally:
    """What the rows of a file were.

    Parameters
    ----------
    rows : int
        How many.
    id_range : pair of int
        Least and greatest id.
    """

    rows: int
    id_range: tuple[int, int]

    def ids(self) -> tuple[int, int]:
        """Return the least and the greatest id."""
        return self.id_range


def load_rows(
    connection: Connection,
    catalog: Catalog,
    plan: Plan,
    load_id: int,
    claims: Claims,
    progress: Progress,
    memory: int = DEFAULT_MEMORY,
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
    claims : Claims
        Those of the transaction: told the places of rows before they are copied.
    progress : callable
        Called with the number of rows just sent.
    memory : int
        Bytes that rows on their way may take.

    Raises
    ------
    RefusedError
        If anything is wrong with any row.
    """
    at_a_time = _chunk_rows(catalog, plan, memory)
    depth = max(2, min(AHEAD_BYTES, memory // 8) // BLOCK_BYTES)
    rows = 0
    with closing(SeenKeys()) as seen:
        prepared = prepare_rows(catalog, plan, load_id, seen, at_a_time)
        with closing(read_ahead(prepared, depth=depth)) as ahead:
            try:
                # One part to be undone, not one for each chunk: see meta.claim_places.
                with connection.transaction():
                    for chunk, pieces in groupby(ahead, itemgetter(0)):
                        refuse_unknown_visits(connection, chunk.batch)
                        claims.claim(load_id, chunk.batch)
                        _send(connection, chunk, map(itemgetter(1), pieces), progress)
                        rows += chunk.batch.rows
            except psycopg.errors.UniqueViolation as error:
                ahead.close()
                seen.refuse_repeated(catalog, plan, at_a_time)
                raise find_known(claims, chunk.batch, chunk.key) from error
        if rows == 0:
            raise RefusedError(catalog.path, "It has no rows", "leave it out, or write it again")
        seen.refuse_repeated(catalog, plan, at_a_time)
        return Tally(rows, seen.ids)


def _send(
    connection: Connection, chunk: Prepared, pieces: Iterable[Piece], progress: Progress
) -> None:
    target = chunk.batch.plan.target
    table = sql.Identifier(target.schema, target.name)
    try:
        taken = send_pieces(connection, table, chunk.names, pieces, progress)
    except psycopg.errors.UniqueViolation:
        raise
    except (psycopg.IntegrityError, psycopg.DataError) as error:
        reason = str(error.diag.message_primary)
        raise RefusedError(chunk.batch.path, reason, "correct it") from error
    if taken != chunk.batch.rows:  # the ledger has the number of rows that are in the table
        raise RefusedError(
            chunk.batch.path,
            f"Of {count(chunk.batch.rows, 'row')} the table took {taken:,}",
            "see which triggers it has, for one of them drops rows",
        )


def _chunk_rows(catalog: Catalog, plan: Plan, memory: int) -> int:
    """Return how many rows, as they are read, made and encoded, fit half of the memory."""
    types = [catalog.columns[name].type for name in plan.reads]
    types += 2 * [step.target.type for step in plan.steps]
    cap = CHUNK_BYTES // (8 * len(plan.steps))
    return max(1, min(cap, memory // 2 // sum(map(_width, types))))


def _width(type_: str) -> int:
    """Return the bytes of a value and its mask, as far as the name of its type tells."""
    if type_.endswith("[]"):
        return 1 << 16
    if type_ == "text":
        return 64
    return 1 + 8

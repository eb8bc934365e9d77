"""Runs one in-database stage in a transaction of its own and records it in meta.StageRun."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

import skytract
from skytract.loaders.errors import SkytractError
from skytract.pipelines.in_sentences import told

WHOLE_SKY = (0, 12 << 58)
"""Bounds [lo, hi) of hpx29 over the whole sky."""

RECORD = (
    "INSERT INTO meta.StageRun (release, stage, lo, hi, state, startedAt, finishedAt, rowCount,"
    " codeVersion, parameters, error)"
    " VALUES (%s, %s, %s, %s, %s, coalesce(%s, now()), clock_timestamp(), %s, %s, %s, %s)"
)


@dataclass(frozen=True)
class Stage:
    """A function of the database and the arguments it is called with.

    Attributes
    ----------
    function
        Schema and name, e.g. ``("calibration", "apply_calibrations")``.
    release
        Release it writes to.
    arguments
        Further arguments, in the order of the function.
    bounds
        Stretch [lo, hi) of hpx29 it works on, for the record.
    """

    function: tuple[str, str]
    release: str
    arguments: tuple[Any, ...] = ()
    bounds: tuple[int, int] = WHOLE_SKY

    @property
    def name(self) -> str:
        """Name of the function, with its schema."""
        return ".".join(self.function)


def run_stage(connection: psycopg.Connection[Any], stage: Stage) -> int:
    """Run a stage, commit, and return the number of rows it wrote.

    Parameters
    ----------
    connection
        A connection of the manager, not in a transaction.

    Raises
    ------
    SkytractError
        If the stage fails: its rows are rolled back, the failure is recorded.
    """
    call = sql.SQL("SELECT {}({})").format(
        sql.Identifier(*stage.function),
        sql.SQL(", ").join([sql.Placeholder()] * (1 + len(stage.arguments))),
    )
    started = None
    try:
        # Read now: a failure is recorded by a later transaction, whose now() is its own.
        started = _clock(connection)
        row = connection.execute(call, (stage.release, *stage.arguments)).fetchone()
        rows = int(row[0]) if row and row[0] is not None else 0
        _record(connection, stage, "done", started, rows)
        connection.commit()
    except psycopg.Error as error:
        if connection.broken:
            raise SkytractError(
                f"The server went away during {stage.name}: run `skytract server start`, then the "
                "same command again."
            ) from error
        connection.rollback()
        sentence = " ".join(told(error))
        _record(connection, stage, "failed", started, error=sentence)
        connection.commit()
        raise SkytractError(f"{stage.name} failed: {sentence}") from error
    return rows


def _clock(connection: psycopg.Connection[Any]) -> datetime | None:
    """Return the server's time."""
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    return row[0] if row else None


def _record(
    connection: psycopg.Connection[Any],
    stage: Stage,
    state: str,
    started: datetime | None,
    rows: int | None = None,
    error: str | None = None,
) -> None:
    parameters = json.dumps(stage.arguments)
    head = (stage.release, stage.name, *stage.bounds, state, started)
    connection.execute(RECORD, (*head, rows, skytract.__version__, parameters, error))

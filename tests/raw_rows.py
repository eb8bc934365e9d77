"""Raw rows of known content, put straight into the tables."""

from typing import Any

import numpy as np
import psycopg

from skytract.udf.sky.hpx29 import hpx29

Connection = psycopg.Connection[Any]


def insert(connection: Connection, table: str, columns: dict[str, Any]) -> None:
    """Insert rows, given as columns; a single value stands for all rows."""
    length = max(len(v) for v in columns.values() if isinstance(v, list | np.ndarray))
    values = [
        np.asarray(v).tolist() if isinstance(v, list | np.ndarray) else [v] * length
        for v in columns.values()
    ]
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({places})", zip(*values, strict=True)
        )


def insert_visits(connection: Connection, visits: list[int], band: str = "r", **given: Any) -> None:
    """Insert visits with one detector, 0; `given` are further columns of VisitDetector."""
    fixed = {"visit": visits, "band": band, "loadId": 1}
    mjd = 60000.0 + np.asarray(visits)
    insert(connection, "raw.Visit", {**fixed, "ra": 0, "dec": 0, "expMidptMJD": mjd, "expTime": 30})
    insert(connection, "raw.VisitDetector", {**fixed, "detector": 0, "nx": 100, "ny": 200, **given})


def insert_sources(connection: Connection, ra: Any, dec: Any, **columns: Any) -> None:
    """Insert detections on detector 0; their key is that of their position."""
    key = hpx29(ra, dec)
    columns = {"hpx29": key, "ra": ra, "dec": dec, "detector": 0, "loadId": 1, **columns}
    insert(connection, "raw.Source", columns)

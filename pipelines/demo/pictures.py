"""Asks dr1 for what the demo draws, and draws it."""

from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq
from astropy.coordinates import angular_separation

from skytract.pipelines.demo.plots import (
    plot_colour_magnitude,
    plot_light_curve,
    plot_repeatability,
)
from skytract.pipelines.demo.queries import read_query

Connection = psycopg.Connection[Any]


def draw_pictures(connection: Connection, out: Path) -> tuple[list[Path], int]:
    """Draw a light curve, a colour-magnitude diagram and the repeatability.

    Returns
    -------
    (list of Path, int)
        The pictures, and the objectId of the variable star.
    """
    paths = [out / f"{name}.png" for name in ("light_curve", "colour_magnitude", "repeatability")]
    star = _draw_light_curve(connection, out / "survey" / "truth" / "TruthObject.parquet", paths[0])
    blue, red, point = _columns(connection, "colour_magnitude")
    plot_colour_magnitude(paths[1], blue.astype(float), red.astype(float), point.astype(bool), "gr")
    magnitude, scatter, expected, band = _columns(connection, "repeatability")
    numbers = np.array([magnitude, scatter, expected], float)
    plot_repeatability(paths[2], numbers[0], numbers[1], numbers[2], band.astype(str))
    return paths, star


def _columns(connection: Connection, query: str, *arguments: Any) -> list[Any]:
    rows = connection.execute(read_query(query), arguments or None).fetchall()
    return [np.array(column, object) for column in zip(*rows, strict=True)]


def _draw_light_curve(connection: Connection, truth: Path, path: Path) -> int:
    row = connection.execute(read_query("variable_star")).fetchone()
    assert row is not None
    star, ra, dec = row
    mjd, band, flux, error = _columns(connection, "light_curve", star)
    period = true_period(truth, ra, dec)
    numbers = np.array([mjd, flux, error], float)
    plot_light_curve(path, star, numbers[0], band.astype(str), numbers[1], numbers[2], period)
    return int(star)


def true_period(truth: Path, ra: float, dec: float) -> float | None:
    """Return the true period [d] of the simulated star within 1 arcsec of a position, if any."""
    table = pq.read_table(truth, columns=["ra", "dec", "period"])
    columns = {name: table[name].to_numpy() for name in table.column_names}
    angles = np.radians(np.broadcast_arrays(columns["ra"], columns["dec"], ra, dec))
    near = np.degrees(angular_separation(*angles)) * 3600.0 < 1.0
    periods = columns["period"][near & np.isfinite(columns["period"])]
    return float(periods[0]) if len(periods) else None

"""Forced photometry of a release's objects on calibrated exposures (LDM-151 5.5.2)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg import sql

from skytract.loaders.errors import SkytractError
from skytract.pipelines.exposure_files import exposure_name
from skytract.pipelines.forced_photometry import force_visit_detector

OBJECTS = "SELECT * FROM association.objects_on_detector(%s, %s, %s)"
DETECTORS = sql.SQL("SELECT visitId, detector FROM {}.VisitDetector ORDER BY visitId, detector")


def objects_on_detector(
    connection: psycopg.Connection[Any], release: str, visit: int, detector: int
) -> dict[str, Any]:
    """Ask the database which objects to measure on a detector.

    Returns
    -------
    dict
        Arrays `objectId`, `ra`, `dec` [deg] of shape (n,).
    """
    rows = connection.execute(OBJECTS, (release, visit, detector)).fetchall()
    columns = zip(*rows, strict=True) if rows else ((), (), ())
    types = {"objectId": np.int64, "ra": np.float64, "dec": np.float64}
    return {
        name: np.array(values, kind)
        for (name, kind), values in zip(types.items(), columns, strict=True)
    }


def force_release(
    connection: psycopg.Connection[Any],
    release: str,
    exposures: Path,
    out: Path,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Path]:
    """Measure every object of a release on every calibrated exposure of a folder.

    Parameters
    ----------
    connection
        A connection of any role.
    exposures
        Folder of ``calexp_<visit>_<detector>.fits``.
    out
        Folder of the ForcedSource catalogs.

    Returns
    -------
    list of Path
        One catalog per exposure, ready to be loaded.

    Raises
    ------
    SkytractError
        If there is no such release, or no exposure of its visits in the folder.
    """
    try:
        known = connection.execute(DETECTORS.format(sql.Identifier(release))).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise SkytractError(
            f"There is no release {release}: make it with `skytract release create {release}`."
        ) from error
    found = [(v, d, exposures / exposure_name(v, d)) for v, d in known]
    found = [(v, d, path) for v, d, path in found if path.is_file()]
    if not found:
        raise SkytractError(
            f"{exposures} holds no calibrated exposure of the visits of {release}: give the folder "
            "that `skytract frames` wrote, after loading it and `skytract process`."
        )
    written = []
    for done, (visit, detector, path) in enumerate(found, start=1):
        objects = objects_on_detector(connection, release, visit, detector)
        written.append(force_visit_detector(path, objects, out))
        progress(done, len(found))
    return written

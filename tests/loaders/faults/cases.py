"""What loaders do to the database, each as a piece of work that may be cut short and done again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.load import load_file
from skytract.loaders.load_unit import load_unit
from skytract.loaders.manifest import write_manifest
from skytract.loaders.undo import undo_load
from tests.loaders.catalogs import N, source_columns, write_catalog, write_tract
from tests.loaders.faults.fate import Work

Connection = psycopg.Connection[Any]
Case = Callable[[Connection, Path, int], Work]
"""Makes ready what is needed for a piece of work with the rows of a visit, and returns it."""


def write_visit_sources(folder: Path, visit: int, version: int = 0) -> Path:
    """Write the sources of a visit; other versions have other fluxes, and fewer rows."""
    columns = {name: values[: N - version] for name, values in source_columns(visit=visit).items()}
    columns["psfInstFlux"] = columns["psfInstFlux"] + version
    folder.mkdir(exist_ok=True)
    return write_catalog(folder / f"Source_{visit}_{version}.parquet", "Source", columns)


def write_visit_forced(folder: Path, visit: int) -> Path:
    """Write forced photometry of objects, which are the same for all visits."""
    columns = source_columns(visit=visit)
    names = ("visit", "detector", "ra", "dec", "x", "y", "psfInstFlux", "psfInstFluxErr")
    forced = {"objectId": 2**55 + np.arange(N), **{name: columns[name] for name in names}}
    return write_catalog(folder / f"ForcedSource_{visit}.parquet", "ForcedSource", forced)


def write_star_catalog(folder: Path, visit: int, version: int = 0) -> Path:
    """Write a reference catalog named by the number of a visit; versions have the same stars."""
    number = np.arange(3 * N)
    columns = {
        "catalog": [str(visit)] * len(number),
        "refStarId": number,
        "ra": 10.0 + 1e-3 * number,
        "dec": 1e-3 * number + 1e-4 * version,
    }
    return write_catalog(folder / f"Stars_{visit}_{version}.parquet", "ReferenceStar", columns)


def write_unit(folder: Path, visit: int, version: int = 0) -> Path:
    """Write a unit: sources of a visit, and coadd sources of the tract of the same number."""
    folder = folder / f"unit_{visit}_{version}"
    write_visit_sources(folder, visit, version)
    write_tract(folder, patches=1, bands="gr", tract=visit, flux=1.0 + version)
    write_manifest(folder, f"visit {visit}, version {version}")
    return folder


def loading_a_file(connection: Connection, folder: Path, visit: int) -> Work:
    path = write_visit_sources(folder, visit)
    return lambda c: load_file(c, path)


def loading_a_unit(connection: Connection, folder: Path, visit: int) -> Work:
    path = write_unit(folder, visit)
    return lambda c: load_unit(c, path)


def loading_forced_photometry(connection: Connection, folder: Path, visit: int) -> Work:
    path = write_visit_forced(folder, visit)
    return lambda c: load_file(c, path)


def replacing_a_file(connection: Connection, folder: Path, visit: int) -> Work:
    load_file(connection, write_visit_sources(folder, visit))
    path = write_visit_sources(folder, visit, version=1)
    return lambda c: load_file(c, path, replace=True)


def replacing_a_unit(connection: Connection, folder: Path, visit: int) -> Work:
    load_unit(connection, write_unit(folder, visit))
    path = write_unit(folder, visit, version=1)
    return lambda c: load_unit(c, path, replace=True)


def replacing_stars(connection: Connection, folder: Path, visit: int) -> Work:
    """They have no place: what they replace is found by their ids."""
    load_file(connection, write_star_catalog(folder, visit))
    path = write_star_catalog(folder, visit, version=1)
    return lambda c: load_file(c, path, replace=True)


def undoing_a_file(connection: Connection, folder: Path, visit: int) -> Work:
    return _undoing(load_file(connection, write_visit_sources(folder, visit)).load_id)


def undoing_a_unit(connection: Connection, folder: Path, visit: int) -> Work:
    return _undoing(load_unit(connection, write_unit(folder, visit)).load_id)


def _undoing(load_id: int | None) -> Work:
    assert load_id is not None

    def undo(connection: Connection) -> None:
        try:
            undo_load(connection, load_id)
        except SkytractError as error:
            if "undone" not in str(error):
                raise

    return undo


CASES: list[Case] = [
    loading_a_file,
    loading_a_unit,
    loading_forced_photometry,
    replacing_a_file,
    replacing_a_unit,
    replacing_stars,
    undoing_a_file,
    undoing_a_unit,
]


def content(connection: Connection, visit: int) -> list[Any]:
    """Return all rows of a visit, or of the tract or catalog of that number, without loadId."""
    query = """
        SELECT to_jsonb(s) - 'loadid' AS row FROM raw.Source AS s WHERE visit = %(n)s UNION ALL
        SELECT to_jsonb(f) - 'loadid' FROM raw.ForcedSource AS f WHERE visit = %(n)s UNION ALL
        SELECT to_jsonb(c) - 'loadid' FROM raw.CoaddSource AS c WHERE tract = %(n)s UNION ALL
        SELECT to_jsonb(r) - 'loadid' FROM raw.ReferenceStar AS r WHERE catalog = %(n)s::text
        ORDER BY row"""
    with connection.transaction():
        return connection.execute(query, {"n": visit}).fetchall()

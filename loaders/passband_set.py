"""Writes a set of observed passbands, one per visit and detector."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.sql import Identifier

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.copy_column import CopyColumn
from skytract.loaders.copy_rows import copy_rows
from skytract.loaders.errors import SkytractError
from skytract.loaders.passband_library import read_standard_passbands
from skytract.loaders.passband_training import DRAWS, SHIFT, training_passbands, training_spectra
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.atmosphere import Conditions, transmission
from skytract.udf.calibration.passband_basis import CURVES, Basis, fit_basis
from skytract.udf.calibration.spectra import photon_weights

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Visits(NamedTuple):
    """Visits whose passbands are written."""

    visit: Integers
    """Shape (v,)."""
    band: Sequence[str]
    """Their bands."""
    conditions: Conditions
    """Six arrays of shape (v,)."""


class Instrument(NamedTuple):
    """Detectors in one band."""

    detector: Integers
    """Shape (d,)."""
    throughput: Array
    """Photon response without the atmosphere, shape (d, 801)."""


def write_passband_set(
    connection: psycopg.Connection[Any],
    name: str,
    visits: Visits,
    instruments: Mapping[str, Instrument],
    system: str = "lsst2023",
) -> int:
    """Write the passbands of all visits on all detectors, as coefficients and as exact factors.

    Parameters
    ----------
    connection : psycopg.Connection
        Of the manager; nothing is committed.
    name : str
        Name of the set, not in use yet: solutions are never overwritten.
    visits : Visits
        With one band or more.
    instruments : mapping of band to Instrument
        For every band of the visits.
    system : str
        Standard passbands that fluxes are brought to.

    Returns
    -------
    int
        solutionId of the set.

    Raises
    ------
    SkytractError
        If the name is in use, or a band has no curves.
    """
    standards = dict(zip(*read_standard_passbands(system), strict=True))
    missing = sorted(set(visits.band) - (instruments.keys() & standards.keys()))
    if missing or not len(visits.visit):
        what = f"visits in band {' '.join(missing)} have no passband" if missing else "no visits"
        raise SkytractError(f"There are {what}: give curves of that band, of {system}.")
    seds = training_spectra()
    with connection.transaction():
        solution = _new_solution(connection, name, system)
        air = _write_atmospheres(connection, solution, visits)
        for band in sorted(set(visits.band)):
            instrument = instruments[band]
            glass = np.asarray(instrument.throughput, "<f4").astype(float)
            basis, projection = fit_basis(standards[band], training_passbands(glass), seds)
            _write_curves(connection, solution, band, system, instrument.detector, glass, basis)
            chosen = np.array(visits.band) == band
            factors = _coefficients(basis, projection, air[chosen], glass)
            keys = [key.ravel() for key in np.meshgrid(visits.visit[chosen], instrument.detector)]
            _copy_coefficients(connection, solution, band, keys, *factors)
    return solution


def _write_atmospheres(connection: psycopg.Connection[Any], solution: int, visits: Visits) -> Array:
    """Write the atmospheres of the visits; return their transmissions, as they are stored."""
    air = transmission(*visits.conditions, read_line_depths()).astype("<f4")
    columns = [np.asarray(a, float).tolist() for a in visits.conditions]
    rows = [
        (solution, visit, *conditions, curve.tobytes())
        for visit, curve, *conditions in zip(visits.visit.tolist(), air, *columns, strict=True)
    ]
    _insert(connection, "atmosphere", rows)
    return air.astype(float)


def _write_curves(
    connection: psycopg.Connection[Any],
    solution: int,
    band: str,
    system: str,
    detectors: Integers,
    glass: Array,
    basis: Basis,
) -> None:
    """Write the detectors' responses and the basis of a band."""
    stored = [curve.astype("<f4").tobytes() for curve in glass]
    rows = [(solution, d, band, c) for d, c in zip(detectors.tolist(), stored, strict=True)]
    _insert(connection, "instrumentpassband", rows)
    curves = [curve.astype("<f4").tobytes() for curve in basis]
    _insert(connection, "passbandbasis", [(solution, band, system, *curves)])


def _coefficients(
    basis: Basis, projection: Array, air: Array, throughput: Array
) -> tuple[NDArray[np.float32], Array]:
    """Return coefficients and rms errors of kappa [mmag] of all visits, detector after detector."""
    library = read_sed_library().fNu.astype(float)
    q_std = photon_weights(basis.standard)
    means = library @ q_std
    g = (library @ basis.curves.T) / means[:, None]
    made, errors = [], []
    for glass in throughput:
        observed = photon_weights(air * glass)
        c = ((observed - q_std) @ projection.T).astype(np.float32)
        off = 2500.0 * np.log10(means / (observed @ library.T) * (1.0 + c @ g.T))
        made.append(c)
        errors.append(np.sqrt((off**2).mean(axis=1)))
    return np.concatenate(made), np.concatenate(errors)


def _new_solution(connection: psycopg.Connection[Any], name: str, system: str) -> int:
    """Enter the set among the solutions, and return its id."""
    settings = {"system": system, "draws": DRAWS, "shift": SHIFT, "curves": CURVES}
    try:
        connection.execute("SELECT calibration.require_new_solution(%s)", (name,))
    except psycopg.errors.RaiseException as error:
        said = error.diag
        raise SkytractError(f"{said.message_primary}. {said.message_hint}") from error
    row = connection.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt) VALUES"
        " (%s, 'passband', %s, meta.code_version(), clock_timestamp()) RETURNING solutionId",
        (name, json.dumps(settings)),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _insert(connection: psycopg.Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert a few rows, with a value for every column of the table."""
    places = ", ".join(["%s"] * len(rows[0]))
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO calibration.{table} VALUES ({places})", rows)


def _copy_coefficients(
    connection: psycopg.Connection[Any],
    solution: int,
    band: str,
    keys: list[Integers],
    made: NDArray[np.float32],
    errors: Array,
) -> None:
    """Send the coefficients of a band: 10^5 rows or so."""
    same = np.full(len(made), solution)
    columns = [
        CopyColumn("solutionid", "bigint", same),
        CopyColumn("visit", "bigint", keys[0]),
        CopyColumn("detector", "integer", keys[1].astype(np.int32)),
        CopyColumn("band", "text", np.full(len(made), band.encode())),
        *(CopyColumn(f"c{k + 1}", "real", made[:, k]) for k in range(CURVES)),
        CopyColumn("basisrms", "real", errors.astype(np.float32)),
    ]
    copy_rows(connection, Identifier("calibration", "passbandcoefficient"), columns)

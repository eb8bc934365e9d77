"""Observed passbands of the visits that are loaded, from what their rows say."""

from typing import Any

import numpy as np
import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.udf.calibration.atmosphere import STANDARD, Conditions

QUERY = """
SELECT d.band, array_agg(DISTINCT d.visit), array_agg(DISTINCT d.detector)
FROM raw.VisitDetector AS d
GROUP BY d.band ORDER BY d.band
"""


def write_passbands_of_visits(connection: psycopg.Connection[Any], name: str) -> int:
    """Write a set for all visits of raw.Visit on all detectors that raw.VisitDetector has.

    Visits have their airmass, that of `STANDARD` if it is unknown, and its atmosphere otherwise;
    detectors have the LSST's response without the atmosphere.

    Returns
    -------
    int
        Number of passbands.

    Raises
    ------
    SkytractError
        If no visits are loaded, or one has a band that is none of ugrizy.
    """
    known = dict(connection.execute("SELECT visit, airmass FROM raw.Visit").fetchall())
    groups = connection.execute(QUERY).fetchall()
    if not groups:
        raise SkytractError("No visits are loaded: load some with `skytract load`.")
    bands, curves = read_instrument_passbands()
    glass = dict(zip(bands, curves, strict=True))
    unknown = [band for band, *_ in groups if band not in glass]
    if unknown:
        raise SkytractError(f"Visits in {', '.join(unknown)} have no passband among {bands}.")
    visits = np.concatenate([ids for _, ids, _ in groups]).astype(np.int64)
    of_visits = np.repeat([band for band, *_ in groups], [len(ids) for _, ids, _ in groups])
    airmass = [known.get(visit) or STANDARD.airmass for visit in visits.tolist()]
    rest = [np.full(len(visits), value) for value in STANDARD[1:]]
    instruments = {
        band: Instrument(np.array(detectors), np.repeat(glass[band][None], len(detectors), axis=0))
        for band, _, detectors in groups
    }
    conditions = Conditions(np.array(airmass, float), *rest)
    write_passband_set(
        connection, name, Visits(visits, of_visits.tolist(), conditions), instruments
    )
    return sum(len(ids) * len(detectors) for _, ids, detectors in groups)

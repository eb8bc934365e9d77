"""A real cadence: the first year of LSST's baseline, which the package `sorcha` ships as data."""

import sqlite3
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.schedule import POINTING
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.sites import unit_vectors

FILE = Path("data") / "demo" / "baseline_v2.0_1yr.db"
"""Within the package: 216,233 visits from 2023-10-01, opsim baseline v2.0 (Rubin Observatory); its
own queries of this table call the times TAI."""

QUERY = """
SELECT observationId, observationStartMJD, visitTime, filter, seeingFwhmEff, fieldRA, fieldDec,
       rotSkyPos
FROM observations
WHERE fieldDec BETWEEN ? AND ?
ORDER BY observationStartMJD
"""


def baseline_path() -> Path:
    """Return where the visits lie; the package is found, not imported.

    Raises
    ------
    SkytractError
        If `sorcha` is not installed.
    """
    spec = find_spec("sorcha")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / FILE).is_file():
            return Path(folder) / FILE
    raise SkytractError(
        "The cadence 'baseline' is the visit table of the package sorcha, which is not installed:"
        " pip install --no-deps sorcha, or choose the cadence 'simple'."
    )


def read_baseline(plan: CatalogPlan) -> NDArray[np.void]:
    """Return the first visits of the year whose boresight lies in the area, as `POINTING`.

    Raises
    ------
    SkytractError
        If the year has fewer than the plan asks for.
    """
    with sqlite3.connect(f"file:{baseline_path()}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            QUERY, (plan.dec - plan.radius, plan.dec + plan.radius)
        ).fetchall()
    table = np.array(rows, object).reshape(-1, 8)
    band = table[:, 3]
    ids, start, duration, seeing, ra, dec, rotation = np.delete(table, 3, axis=1).T.astype(float)
    centre = unit_vectors(plan.ra, plan.dec)
    inside = unit_vectors(ra, dec) @ centre >= np.cos(np.radians(max(plan.radius, 1e-6)))
    chosen = np.flatnonzero(inside & np.isin(band, list(plan.bands)))[: plan.visits]
    if len(chosen) < plan.visits:
        raise SkytractError(
            f"The baseline has {len(chosen)} visits in {plan.bands} within {plan.radius} deg of"
            f" ra {plan.ra}, dec {plan.dec}, and {plan.visits} are asked for: enlarge the area."
        )
    visits = np.zeros(len(chosen), POINTING)
    visits["visit"], visits["band"] = ids[chosen], [BANDS.index(b) for b in band[chosen]]
    visits["ra"], visits["dec"], visits["seeing"] = ra[chosen], dec[chosen], seeing[chosen]
    visits["skyRotation"] = rotation[chosen]
    visits["expMidptMJD"] = (start + duration / 172800.0)[chosen]
    return visits

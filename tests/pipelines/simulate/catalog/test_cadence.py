"""Visits of a table of Rubin's: those in the area, in the bands, in order; times are TAI."""

import sqlite3
from importlib.util import find_spec

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog import cadence
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.visits import plan_visits

COLUMNS = (
    "observationId, observationStartMJD, visitTime, filter, seeingFwhmEff, fieldRA, fieldDec,"
    " rotSkyPos"
)
ROWS = [
    (11, 60300.2, 34.0, "r", 0.8, 359.9, -20.0, 10.0),
    (12, 60300.1, 34.0, "g", 0.9, 0.1, -20.1, 20.0),
    (13, 60300.3, 34.0, "y", 0.7, 0.0, -20.0, 30.0),  # another band
    (14, 60300.0, 34.0, "g", 0.7, 2.0, -20.0, 40.0),  # 1.9 deg off
]
PLAN = {"seed": 1, "cadence": "baseline", "ra": 0.0, "dec": -20.0, "radius": 0.3, "bands": "gr"}


@pytest.fixture
def table(tmp_path, monkeypatch):
    path = tmp_path / "baseline.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE observations ({COLUMNS})")
        connection.executemany("INSERT INTO observations VALUES (?,?,?,?,?,?,?,?)", ROWS)
    connection.close()
    monkeypatch.setattr(cadence, "baseline_path", lambda: path)


def test_visits_are_those_in_the_area(table):
    visits = plan_visits(CatalogPlan(visits=2, **PLAN))
    assert visits["visit"].tolist() == [12, 11]
    np.testing.assert_allclose(
        visits["expMidptMJD"] - 17.0 / 86400.0, [60300.1, 60300.2], rtol=1e-12
    )
    assert visits["band"].tolist() == [1, 2]
    assert visits["seeing"].tolist() == [0.9, 0.8] and visits["skyRotation"].tolist() == [20, 10]


def test_too_few_visits_are_refused(table):
    with pytest.raises(SkytractError, match=r"has 2 visits in gr .* 3 are asked for"):
        cadence.read_baseline(CatalogPlan(visits=3, **PLAN))
    with pytest.raises(SkytractError, match="has 0 visits"):
        cadence.read_baseline(CatalogPlan(**(PLAN | {"dec": -70.0})))


@pytest.mark.skipif(find_spec("sorcha") is None, reason="sorcha, which ships the table, is missing")
def test_the_real_table():
    path = cadence.baseline_path()
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        rows = connection.execute(f"SELECT {COLUMNS} FROM observations").fetchall()
    connection.close()
    assert len(rows) == 216_233
    ra, dec, start, lasts = np.array([(row[5], row[6], row[1], row[2]) for row in rows]).T
    apart = SkyCoord(ra, dec, unit="deg").separation(SkyCoord(150.0, -20.0, unit="deg"))
    expected = np.sort((start + lasts / 172800.0)[apart < 1.75 * u.deg])
    plan = {"seed": 1, "cadence": "baseline", "ra": 150.0, "dec": -20.0, "radius": 1.75}
    visits = plan_visits(CatalogPlan(visits=len(expected), **plan))
    np.testing.assert_allclose(visits["expMidptMJD"], expected, rtol=1e-12)
    assert visits["zenithDistance"].max() < 70.0  # nothing is seen through the ground
    with pytest.raises(SkytractError, match="enlarge the area"):
        plan_visits(CatalogPlan(visits=len(expected) + 1, **plan))

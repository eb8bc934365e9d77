"""lsdb opens what we export, finds it valid, cross-matches it and searches it."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord

from skytract.loaders.export import export_query, export_table
from skytract.udf.sky.hpx29 import hpx29
from tests.fill_table import fill_table
from tests.fix_db import Connect

CONE = (45.0, 0.0, 5.0)
"""Centre [deg] and radius [arcsec]."""

REPOSITORY = Path(__file__).resolve().parents[2]
N = 300


@pytest.fixture
def objects(release_connect: Connect) -> psycopg.Connection[Any]:
    """A reader of a release with objects about a corner of four base cells, and far away."""
    rng = np.random.default_rng(20250706)
    ra, dec = 45.0 + rng.normal(0.0, 0.003, N), rng.normal(0.0, 0.003, N)
    ra[:4], dec[:4] = [0.0, 359.9999, 10.0, 200.0], [-45.0, -45.0, 90.0, 89.99]
    owner = release_connect("owner")
    # Ids of positions some arcsec away, as if the objects had moved since.
    fill_table(owner, "dr1.object", objectid=hpx29(ra, dec - 1e-4), coord_ra=ra, coord_dec=dec)
    owner.commit()
    return release_connect("reader")


@pytest.mark.skipif(find_spec("lsdb") is None, reason="lsdb is not installed: pip install lsdb")
def test_lsdb_matches_and_searches(objects: psycopg.Connection[Any], tmp_path: Path) -> None:
    export_table(objects, "dr1.Object", tmp_path / "table", rows_per_file=100)
    query = "SELECT objectId, coord_ra AS ra, coord_dec AS dec FROM dr1.Object"
    export_query(objects, query, tmp_path / "query", rows_per_file=200)
    command = [sys.executable, "-m", "tests.loaders.lsdb_session"]
    command += [str(tmp_path / "table"), str(tmp_path / "query"), *map(str, CONE)]
    # To compile what aligns a dozen cells takes longer than all else.
    plain = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=plain, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    rows = objects.execute(query + " ORDER BY 1", binary=True).fetchall()
    ids, ra, dec = map(list, zip(*rows, strict=True))
    assert found["valid"] == [True, True] and found["rows"] == [N, N]
    assert found["pairs"] == [[i, i] for i in ids]
    assert found["columns"] == 345
    centre = SkyCoord(CONE[0], CONE[1], unit="deg")
    near = SkyCoord(ra, dec, unit="deg").separation(centre) < CONE[2] * u.arcsec
    assert found["cone"] == np.array(ids)[near].tolist() and near.sum() > 10

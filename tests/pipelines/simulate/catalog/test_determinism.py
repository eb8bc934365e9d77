"""The same seed gives the same bytes, however many processes draw; less of it gives a part."""

from hashlib import sha256

import pandas as pd
import pyarrow.parquet as pq
import pytest

from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.survey import simulate_catalogs
from skytract.pipelines.simulate.catalog.visits import plan_visits

SMALL = {"seed": 9, "faintest": 19.5, "forcedFaintest": 19.0, "radius": 0.02, "minorPlanets": 10.0}


def digests(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    out = tmp_path_factory.mktemp("two") / "survey"
    simulate_catalogs(out, CatalogPlan(visits=3, detectors=2, **SMALL))
    return out


def test_the_number_of_processes_does_not_matter(two, tmp_path):
    simulate_catalogs(tmp_path / "again", CatalogPlan(visits=3, detectors=2, **SMALL), jobs=2)
    assert digests(tmp_path / "again") == digests(two)
    assert len(digests(two)) > 10


def test_fewer_visits_and_detectors_are_a_part(two, tmp_path):
    simulate_catalogs(tmp_path / "part", CatalogPlan(visits=1, detectors=1, **SMALL))
    for kind in ("Source", "ForcedSource", "DiaSource"):
        for part in sorted((tmp_path / "part").glob(f"{kind}_*.parquet")):
            rows = pq.read_table(part).to_pandas()
            whole = pq.read_table(two / part.name).to_pandas()
            # Matrix products of other sizes may differ in the last bits.
            whole = whole[whole["detector"] == 0].reset_index(drop=True)
            pd.testing.assert_frame_equal(rows, whole, rtol=1e-6)
            assert len(rows) > 0


def test_another_seed_is_another_survey():
    first = plan_visits(CatalogPlan(seed=1, visits=4))
    second = plan_visits(CatalogPlan(seed=2, visits=4))
    assert not (first["ra"] == second["ra"]).any()
    assert (plan_visits(CatalogPlan(seed=1, visits=9))[:4] == first).all()

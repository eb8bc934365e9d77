"""A simulated survey, through the air and a camera that distorts, from a wrong WCS on."""

from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from skytract.loaders.load import load_file
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.survey import simulate_catalogs
from tests.fix_db import Connect

PLAN = CatalogPlan(
    seed=5, visits=14, detectors=2, radius=0.05, bands="zy", faintest=19.5, forcedFaintest=14.5,
    minorPlanets=8.0, badVisits=0.0,
)  # fmt: skip
"""In z and y the air hardly tells spectra apart: no SEDs are needed."""


@pytest.fixture(scope="module")
def survey(
    module_connect: Connect, tmp_path_factory: pytest.TempPathFactory
) -> psycopg.Connection[Any]:
    """Its catalogs, with a WCS 1.5 arcsec and 3e-4 of scale off and without distortion."""
    folder = tmp_path_factory.mktemp("closed_loop") / "survey"
    simulate_catalogs(folder, PLAN)
    loader, owner = module_connect("loader"), module_connect("owner")
    for name in ("Visit", "VisitDetector", "ReferenceStar", "Source"):
        for path in sorted(folder.glob(f"{name}.parquet")) + sorted(
            folder.glob(f"{name}_*.parquet")
        ):
            assert load_file(loader, path, name).state == "loaded"
    loader.commit()
    truth = pa.concat_tables(
        [pq.read_table(path) for path in sorted((folder / "truth").glob("TruthSource_*.parquet"))]
    )
    owner.execute("CREATE TABLE public.truth (sourceId bigint, objectId bigint)")
    with owner.cursor().copy("COPY public.truth FROM STDIN") as copy:
        for row in zip(truth["sourceId"].to_pylist(), truth["truthId"].to_pylist(), strict=True):
            copy.write_row(row)
    owner.execute(
        "CREATE TABLE public.groups AS SELECT s.hpx29, s.sourceId, t.objectId"
        " FROM raw.Source AS s JOIN public.truth AS t USING (sourceId) WHERE t.objectId > 0"
    )
    rng = np.random.default_rng(1)
    for (visit,) in owner.execute("SELECT visit FROM raw.Visit").fetchall():
        owner.execute(
            "UPDATE raw.VisitDetector SET crval1 = crval1 + %s, crval2 = crval2 + %s,"
            " cd1_1 = cd1_1 * 1.0003, cd1_2 = cd1_2 * 1.0003, cd2_1 = cd2_1 * 1.0003,"
            " cd2_2 = cd2_2 * 1.0003, sipOrder = 0, sipA = NULL, sipB = NULL WHERE visit = %s",
            (*(rng.normal(0.0, 1.5 / 3600.0, 2)), visit),
        )
    owner.execute("ANALYZE")
    return owner


def test_repeatability_reaches_the_noise(survey: psycopg.Connection[Any]) -> None:
    """At most 10 mas, and at most 3 mas above the errors of the detections."""
    fit = "SELECT calibration.fit_joint_astrometry('wcs', 'public.groups', 'simulated', '{z,y}')"
    assert survey.execute(fit).fetchone() == (PLAN.visits * PLAN.detectors,)
    found = survey.execute("SELECT * FROM calibration.astrometric_repeatability('wcs')").fetchall()
    assert sorted(row[0] for row in found) == ["y", "z"]
    for _, stars, before, after, noise in found:
        assert stars > 50 and before > 300.0
        assert after < 10.0 and after < noise + 3.0

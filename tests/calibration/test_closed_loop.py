"""A simulated survey, with air and passbands that vary: zero points and repeatability."""

from pathlib import Path

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest

from bench import closed_loop_survey as closed_loop
from bench.closed_loop_scatter import repeatability, zero_point_errors
from skytract.loaders.release import create_release
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from tests.fix_db import Connect

PLAN = CatalogPlan(
    seed=7, radius=0.06, visits=21, detectors=4, bands="gri", faintest=19.0, forcedFaintest=14.5,
    minorPlanets=6.0, spurious=1.0, badVisits=0.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def loop(module_connect: Connect, tmp_path_factory: pytest.TempPathFactory):
    """Connection to a survey that was fitted with flat, given and inferred SEDs; its folder."""
    owner, survey = module_connect("owner"), tmp_path_factory.mktemp("loop") / "survey"
    closed_loop.fill(owner, module_connect, survey, PLAN)
    closed_loop.fit_all(owner, passes=1)
    return owner, survey


@pytest.mark.parametrize("band", PLAN.bands)
def test_repeatability_is_what_noise_allows(loop: tuple[closed_loop.Connection, Path], band: str):
    """5 % with given and 10 % with inferred SEDs, and what chance adds to some 500 numbers."""
    owner, _ = loop
    given, inferred = (repeatability(owner, kind, band) for kind in ("given", "inferred"))
    chance = 2 / np.sqrt(2 * given.n)
    assert given.n > 300
    assert given.rms / given.noise < 1.05 + chance
    assert inferred.rms / inferred.noise < 1.10 + chance


@pytest.mark.parametrize("kind", ["given", "inferred"])
@pytest.mark.parametrize("band", PLAN.bands)
def test_zero_points_are_right_to_a_millimagnitude(
    loop: tuple[closed_loop.Connection, Path], kind: str, band: str
):
    off = zero_point_errors(*loop, kind, band)
    assert len(off) >= 10
    assert np.std(off) < 1.0
    # 0.01 mag per reference star of which there are hundreds; five of their standard errors.
    assert abs(np.mean(off)) < 5 * 13 / np.sqrt(300)


def test_without_kappa_it_is_worse(loop: tuple[closed_loop.Connection, Path]):
    owner, _ = loop
    flat, given = (repeatability(owner, kind, "g", min_snr=300) for kind in ("flat", "given"))
    # Not by much: the stars are of much the same colours, whose mean is in the zero points.
    assert flat.rms > 1.1 * max(flat.noise, given.rms)
    right, wrong = (np.std(zero_point_errors(*loop, kind, "g")) for kind in ("given", "flat"))
    assert wrong > 5 * right


def test_positions_of_a_release_without_what_the_air_does_to_spectra(
    loop: tuple[closed_loop.Connection, Path],
):
    """In g, toward the zenith, of bright stars low in the sky: against where they really are."""
    owner, survey = loop
    owner.commit()
    create_release(owner, "dr1")
    owner.execute("SELECT calibration.use_solution('dr1', 'inferred')")
    owner.execute(
        "INSERT INTO association.SourceGroup (release, hpx29, sourceId, objectId)"
        f" SELECT 'dr1', g.hpx29, g.sourceId, g.objectId FROM {closed_loop.GROUPS} AS g"
    )
    owner.execute("SELECT calibration.apply_calibrations('dr1', 0, 12::bigint << 58)")
    query = "SELECT * FROM calibration.unrefracted_positions('dr1'{})"
    with pytest.raises(psycopg.Error, match="without spectra of its objects"), owner.transaction():
        owner.execute(query.format(""))
    owner.execute("SELECT calibration.use_seds('dr1', %s)", (closed_loop.SEDS["inferred"],))
    before, after, shift = residuals(owner, survey)
    assert len(before) > 200
    assert np.std(shift) > 10.0  # mas: what there is to mend
    # What is left: centroids, and what colours of gri do not tell of a spectrum.
    assert np.median(np.abs(after)) < 0.5 * np.median(np.abs(before))
    assert abs(np.median(after)) < 0.2 * np.median(np.abs(before))


def residuals(owner: closed_loop.Connection, survey: Path) -> np.ndarray:
    """Return distances [mas] from true positions along the way to the zenith, shape (3, n).

    Those of the release, corrected ones, and how far they were corrected.
    """
    truth = pq.read_table(survey / "truth" / "TruthObject.parquet").to_pandas()
    truth = truth[(truth["class"] == "star") & truth.companionSed.isna()].set_index("truthId")
    rows = owner.execute(
        "SELECT s.objectId, v.expMidptMJD, s.ra, s.dec, p.ra, p.dec, p.raShift, p.decShift"
        " FROM dr1.Source AS s JOIN raw.Visit AS v USING (visit)"
        " JOIN calibration.unrefracted_positions('dr1') AS p USING (hpx29, sourceId)"
        " WHERE s.band = 'g' AND v.airmass > 1.3 AND s.psfFlux > 100 * s.psfFluxErr"
        " AND p.raShift IS NOT NULL AND NOT s.pixelFlags_saturated"
    ).fetchall()
    table = np.array([row for row in rows if row[0] in truth.index], float)
    own, years = truth.loc[table[:, 0]], (table[:, 1] - 60000.0) / 365.25
    place, motion = (own[names].to_numpy(float) for names in (["ra", "dec"], ["pmRa", "pmDec"]))
    flat = np.stack([np.cos(np.radians(place[:, 1])), np.ones(len(own))], axis=1)
    place = place + motion * years[:, None] / 3.6e6 / flat
    shift = 3.6e6 * table[:, 6:8]
    toward = shift / np.hypot(*shift.T)[:, None]
    moved = (3.6e6 * (table[:, part] - place) * flat for part in (slice(2, 4), slice(4, 6)))
    return np.array([(off * toward).sum(axis=1) for off in (*moved, shift)])

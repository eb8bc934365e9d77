"""From raw frames to dr1, held against the truth of the simulated sky."""

from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq
import pytest
from astropy.coordinates import SkyCoord

from skytract.loaders.errors import SkytractError
from skytract.loaders.release import create_release
from skytract.pipelines.force_release import force_release
from skytract.pipelines.process_release import process_release
from skytract.pipelines.run_stage import Stage, run_stage
from tests.fix_db import Connect
from tests.fix_survey import PLAN, Survey


def columns(connection: psycopg.Connection, query: str) -> dict[str, Any]:
    cursor = connection.execute(query)
    assert cursor.description is not None
    names = [column.name for column in cursor.description]
    return {n: np.array(v) for n, v in zip(names, zip(*cursor, strict=True), strict=True)}


def truth(survey: Survey, name: str) -> dict[str, Any]:
    table = pq.read_table(survey.folder / "survey" / "truth" / f"{name}.parquet")
    return {column: table[column].to_numpy() for column in table.column_names}


def test_every_stage_wrote_rows_and_is_on_record(survey: Survey) -> None:
    written = dict(survey.written)
    assert written.pop("association.fit_motions") == 0  # six visits within days tell no parallax
    assert written.pop("association.generate_dia_objects") == 0  # there are no difference images
    assert all(rows > 0 for rows in written.values())
    reader = survey.connect("reader")
    recorded = dict(
        reader.execute(
            "SELECT stage, sum(rowCount)::bigint FROM meta.StageRun AS r WHERE state = 'done'"
            " AND NOT EXISTS (SELECT FROM meta.StageRun AS l WHERE l.stage = r.stage"
            "   AND l.lo = r.lo AND l.stageRunId > r.stageRunId) GROUP BY stage"
        ).fetchall()
    )
    assert {stage: recorded[stage] for stage in survey.written} == survey.written


def test_zero_points_are_the_true_ones(survey: Survey) -> None:
    """Each agrees within 5 of its own errors; together their pulls are not wide (n = 6)."""
    known = truth(survey, "TruthVisitDetector")
    zero = {
        (v, d): z
        for v, d, z in zip(known["visit"], known["detector"], known["zeroPoint"], strict=True)
    }
    found = columns(
        survey.connect("reader"),
        "SELECT visit, detector, zeroPoint, zeroPointErr FROM calibration.PhotoCalib",
    )
    assert len(found["visit"]) == PLAN.visits * PLAN.detectors
    expected = np.array([zero[key] for key in zip(found["visit"], found["detector"], strict=True)])
    pulls = (found["zeropoint"] - expected) / found["zeropointerr"]
    assert np.abs(pulls).max() < 5


def test_objects_are_where_the_stars_are(survey: Survey) -> None:
    """Bright stars away from the edges are found, at their true place and flux.

    Centroid noise at S/N > 100 is below 10 mas, plus proper motions of tens of mas between the
    epoch of the truth and the visits: 0.1 arcsec.
    """
    stars = truth(survey, "TruthObject")
    chosen = (
        (stars["class"] != "galaxy")
        & (stars["nFrames"] == PLAN.visits)
        & ~stars["isVariable"]
        & (stars["r_flux"] > 20_000)
        & (stars["r_flux"] < 300_000)
    )
    there = SkyCoord(stars["ra"][chosen], stars["dec"][chosen], unit="deg")
    others = SkyCoord(stars["ra"], stars["dec"], unit="deg")
    alone = others.match_to_catalog_sky(others, nthneighbor=2)[1][chosen].arcsec > 5
    found = columns(
        survey.connect("reader"),
        "SELECT coord_ra, coord_dec, r_psfFlux, r_psfFlux_flag FROM dr1.Object"
        " WHERE r_psfFlux IS NOT NULL",
    )
    objects = SkyCoord(found["coord_ra"], found["coord_dec"], unit="deg")
    index, separation, _ = there[alone].match_to_catalog_sky(objects)
    assert alone.sum() >= 10
    assert (separation.arcsec < 0.1).mean() >= 0.9
    matched = separation.arcsec < 0.1
    ratio = found["r_psfflux"][index][matched] / stars["r_flux"][chosen][alone][matched]
    assert abs(np.median(ratio) - 1) < 0.01


def test_forced_fluxes_are_unbiased(survey: Survey) -> None:
    """Forced and detected fluxes of the same stars agree within a millimagnitude in the median."""
    both = columns(
        survey.connect("reader"),
        "SELECT f.psfFlux / s.psfFlux AS ratio FROM dr1.ForcedSource AS f"
        " JOIN dr1.Source AS s USING (objectId, visit, detector)"
        " JOIN dr1.Object AS o USING (objectId)"
        " WHERE o.refExtendedness < 0.5 AND s.psfFlux > 50 * s.psfFluxErr"
        " AND NOT f.psfFlux_flag AND NOT s.psfFlux_flag AND NOT s.pixelFlags_saturated",
    )
    assert len(both["ratio"]) > 50
    assert abs(np.median(both["ratio"].astype(float)) - 1) < 0.001


TABLES = ("Source", "Object", "ForcedSource", "Visit", "VisitDetector")


def contents(connection: psycopg.Connection) -> dict[str, str]:
    """Return a digest of all rows of each release table, whatever their order."""
    digest = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM dr1.{} AS t"
    found = {}
    for name in TABLES:
        row = connection.execute(digest.format(name).encode()).fetchone()
        assert row is not None
        found[name] = row[0]
    connection.rollback()
    return found


@pytest.mark.parametrize("jobs", [1, 3])
def test_running_again_gives_the_same_rows(survey: Survey, jobs: int) -> None:
    reader = survey.connect("reader")
    before = contents(reader)
    assert survey.process(jobs) == survey.written
    assert contents(reader) == before


def test_a_failed_stage_is_recorded_and_leaves_nothing(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    create_release(owner, "dr1")
    manager = connect_to("manager")
    with pytest.raises(SkytractError, match="no photometric solution"):
        run_stage(manager, Stage(("calibration", "apply_calibrations"), "dr1", (0, 1), (0, 1)))
    record = manager.execute("SELECT state, lo, hi, error FROM meta.StageRun").fetchall()
    assert [row[:3] for row in record] == [("failed", 0, 1)]
    assert "no photometric solution" in record[0][3]


def test_a_failed_stage_is_recorded_with_the_time_it_took(
    survey: Survey,
) -> None:
    """It failed after all its work, 0.1 s and more: not at the moment it was recorded."""
    manager = survey.connect("manager")
    manager.execute("SET statement_timeout = '100ms'")
    manager.commit()
    with pytest.raises(SkytractError, match="statement timeout"):
        run_stage(manager, Stage(("association", "associate_sources"), "dr1"))
    row = manager.execute(
        "SELECT finishedAt - startedAt >= interval '100 ms' FROM meta.StageRun"
        " WHERE state = 'failed' ORDER BY stageRunId DESC LIMIT 1"
    ).fetchone()
    assert row == (True,)


def test_two_sessions_do_not_process_a_release_at_once(
    owner: psycopg.Connection, connect_to: Connect
) -> None:
    """Objects of two groupings would be mixed; the second is told, and free when the first ends."""
    create_release(owner, "dr1")
    first = connect_to("manager")
    first.execute("SELECT pg_advisory_lock(hashtext('meta.Release'), hashtext('dr1'))")
    with pytest.raises(SkytractError, match="dr1 is being processed by another session"):
        process_release(lambda: connect_to("manager"), "dr1")
    first.close()
    with pytest.raises(SkytractError, match="no photometric solution"):
        process_release(lambda: connect_to("manager"), "dr1")


def test_an_unknown_release_is_refused(connect_to: Connect) -> None:
    with pytest.raises(SkytractError, match="dr7"):
        process_release(lambda: connect_to("manager"), "dr7")


def test_forced_photometry_needs_exposures_of_the_release(survey: Survey, tmp_path: Any) -> None:
    reader = survey.connect("reader")
    with pytest.raises(SkytractError, match="holds no calibrated exposure"):
        force_release(reader, "dr1", tmp_path, tmp_path)
    with pytest.raises(SkytractError, match="There is no release dr7"):
        force_release(reader, "dr7", tmp_path, tmp_path)

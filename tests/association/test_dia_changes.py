"""Moving objects, sources that change owner, late visits, and input that is not as it should be."""

import re
from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.sql.apply import SQL_FOLDER
from skytract.udf.sky.hpx29 import hpx29
from tests.association.dia_survey import (
    ARCSEC,
    associate,
    content,
    crowd,
    generate,
    insert_dia_sources,
    members,
    start_survey,
)
from tests.fix_db import Connect
from tests.raw_rows import insert

Connection = psycopg.Connection[Any]
BANDS = "rgrrgi"
FLUX = {"psfInstFlux": 10.0, "psfInstFluxErr": 1.0}


@pytest.fixture
def crowded(release: Connection) -> Connection:
    """Sixty detections of six visits within five arcsec."""
    start_survey(release, BANDS)
    insert_dia_sources(release, **crowd(np.random.default_rng(8), (10.0, 5.0), 60, 6))
    return release


def recomputed(connection: Connection) -> Any:
    """Return what DiaObject would be if computed now, from all rows of DiaSource."""
    before = content(connection)[1]
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT association.begin_dia_objects('dr1')")
        connection.execute("INSERT INTO pg_temp.dia_source SELECT * FROM dr1.DiaSource")
        connection.execute("DELETE FROM dr1.DiaObject")
        connection.execute("SELECT association.add_dia_members()")
        connection.execute("SELECT association.store_dia_objects('dr1')")
        after = content(connection)[1]
    return before, after


def assert_up_to_date(connection: Connection) -> None:
    before, after = recomputed(connection)
    assert before == after
    assert {row[0] for row in before} == {m for m in members(connection).values() if m is not None}


def test_any_changes_leave_what_recomputation_gives(crowded: Connection) -> None:
    """Thirty random reassignments, to objects and to new ones, and withdrawals."""
    rng = np.random.default_rng(4)
    associate(crowded, range(1, 7))
    assert_up_to_date(crowded)
    for step in range(30):
        owners = members(crowded)
        source = int(rng.choice(sorted(owners)))
        if step % 3 == 0:
            crowded.execute("SELECT association.withdraw_dia_source('dr1', %s)", (source,))
            continue
        others = sorted({o for o in owners.values() if o is not None})
        target = None if step % 3 == 1 else int(rng.choice(others))
        row = crowded.execute(
            "SELECT association.reassign_dia_source('dr1', %s, %s)", (source, target)
        ).fetchone()
        assert row is not None
        assert members(crowded)[source] == row[0]
        assert target is None or row[0] == target
    assert len(members(crowded)) == 50
    assert_up_to_date(crowded)


def test_the_last_visit_may_come_again_and_go(crowded: Connection) -> None:
    associate(crowded, range(1, 6))
    before = content(crowded)
    associate(crowded, [6])
    after = content(crowded)
    associate(crowded, [6])
    assert content(crowded) == after
    crowded.execute("SELECT association.withdraw_dia_visit('dr1', 6)")
    assert content(crowded) == before


def refusal(connection: Connection, query: str, *arguments: Any) -> str:
    with pytest.raises(psycopg.Error) as refused, connection.transaction():
        connection.execute(query, arguments)
    return f"{refused.value.diag.message_primary} | {refused.value.diag.message_hint}"


ASSOCIATE = "SELECT association.associate_dia_sources('dr1', %s)"
GENERATE = "SELECT association.generate_dia_objects('dr1', 0, 12::bigint << 58)"


def test_a_late_visit_is_refused_where_later_ones_were(crowded: Connection) -> None:
    insert_dia_sources(crowded, [200.0], [5.0], diaSourceId=[1], visit=[2])
    associate(crowded, [1, 3])
    said = refusal(crowded, ASSOCIATE, 2)
    assert said.startswith("visit 2 comes too late")
    assert "generate_dia_objects" in said
    crowded.execute("DELETE FROM raw.DiaSource WHERE visit = 2 AND ra < 100")
    associate(crowded, [2])
    generate(crowded)


def test_predicted_positions_take_their_sources(release: Connection) -> None:
    """A moving object crosses a variable star: each gets its own; no DiaObject is founded on it."""
    start_survey(release, "rrrr")
    east = np.array([0.0, 0.0, 3.0, 0.0, 2.0]) * ARCSEC
    insert_dia_sources(
        release, 10 + east, [0.0] * 5, diaSourceId=[1, 2, 3, 4, 5], visit=[1, 2, 2, 3, 3], **FLUX
    )
    insert(
        release,
        "association.PredictedPosition",
        {
            "visit": [2, 3, 3],
            "ssObjectId": [77, 77, 78],
            "ra": 10 + np.array([3.1, 2.1, 90]) * ARCSEC,
            "dec": [0.0] * 3,
            "raErr": [1e-5, None, 1e-5],
            "decErr": [1e-5, None, 1e-5],
        },
    )
    star = int(hpx29([10.0], [0.0])[0])
    expected = [(1, star, None), (2, star, None), (3, None, 77), (4, star, None), (5, None, 77)]
    query = "SELECT diaSourceId, diaObjectId, ssObjectId FROM dr1.DiaSource ORDER BY 1"
    associate(release, [1, 2, 3])
    assert release.execute(query).fetchall() == expected
    one_by_one = content(release)
    assert len(one_by_one[1]) == 1
    generate(release, [star, star + 5])
    assert content(release) == one_by_one


def test_errors_decide_between_two_objects(release: Connection) -> None:
    """Of two objects, the farther one wins if its position is that much less well known."""
    start_survey(release, "rr")
    insert_dia_sources(
        release, 10 + np.array([0.0, 1.5]) * ARCSEC, [0, 0], diaSourceId=[1, 2], visit=[1, 1]
    )
    associate(release, [1])
    release.execute("UPDATE dr1.DiaObject SET raErr = 1e-6, decErr = 1e-6")
    release.execute(
        "UPDATE dr1.DiaObject SET raErr = 2e-4, decErr = 2e-4 WHERE ra > %s", (10 + ARCSEC,)
    )
    insert_dia_sources(release, [10 + 0.7 * ARCSEC], [0.0], diaSourceId=[3], visit=[2])
    associate(release, [2])
    found = members(release)
    assert found[3] == found[2]


def test_ids_of_sources_at_one_place(release: Connection) -> None:
    """Ids are the keys of the founders, or the next free numbers, in order of time and id."""
    start_survey(release, "rr")
    ra, dec = [10.0] * 3 + [10.0], [5.0] * 4
    insert_dia_sources(release, ra, dec, diaSourceId=[3, 1, 2, 4], visit=[1, 1, 1, 2])
    insert_dia_sources(release, [10.0] * 3, dec[:3], diaSourceId=[5, 6, 7], visit=[2] * 3)
    first = int(hpx29([10.0], [5.0])[0])
    associate(release, [1, 2])
    assert members(release) == {
        1: first, 2: first + 1, 3: first + 2, 4: first, 5: first + 1, 6: first + 2, 7: first + 3
    }  # fmt: skip
    one_by_one = content(release)
    generate(release)
    assert content(release) == one_by_one


def test_fluxes_errors_and_flags_that_do_not_count(release: Connection) -> None:
    """A negative flux counts; NULL, NaN, an error that is not positive, a flag do not."""
    start_survey(release, "rrrrrr")
    insert_dia_sources(
        release, [10.0] * 6, [5.0] * 6, diaSourceId=range_list(6), visit=range_list(6),
        psfInstFlux=[-30.0, None, float("nan"), 5.0, 7.0, -10.0],
        psfInstFluxErr=[1.0, 1.0, 1.0, 0.0, 1.0, 1.0],
        psfInstFlux_flag=[False, False, False, False, True, False],
    )  # fmt: skip
    associate(release, range(1, 7))
    query = (
        "SELECT nDiaSources, r_psfFluxNdata, r_psfFluxMean, r_psfFluxSigma, r_scienceFluxMean,"
        " g_psfFluxNdata, g_psfFluxMean, raErr, firstDiaSourceMjdTai, lastDiaSourceMjdTai"
        " FROM dr1.DiaObject"
    )
    sigma = pytest.approx(np.std([-30, -10], ddof=1), rel=1e-6)
    assert release.execute(query).fetchall() == [
        (6, 2, -20.0, sigma, None, 0, None, None, 60001.0, 60006.0)
    ]


def range_list(n: int) -> list[int]:
    return list(range(1, n + 1))


def test_calibration_of_counts_pixels_and_angles(release: Connection) -> None:
    """Zero point 28.9 (10 nJy/ct); 0.2 arcsec pixels, x to the west, y to the north."""
    fixed = {"visit": [1], "band": "g", "loadId": 1}
    insert(release, "raw.Visit", {**fixed, "ra": 0, "dec": 0, "expMidptMJD": 60000, "expTime": 30})
    wcs = {"crpix1": 1, "crpix2": 1, "crval1": 10, "crval2": 0, "cd1_1": -0.2 * ARCSEC, "cd1_2": 0}
    insert(
        release, "raw.VisitDetector",
        {**fixed, "detector": 0, "nx": 9, "ny": 9, **wcs, "cd2_1": 0, "cd2_2": 0.2 * ARCSEC},
    )  # fmt: skip
    release.execute("SELECT calibration.state_zero_point('z', 28.9)")
    release.execute("SELECT calibration.use_solution('dr1', 'z')")
    insert_dia_sources(
        release, [10.0], [0.0], diaSourceId=[1], visit=1, x=0.0, y=5.0, xErr=0.5, yErr=0.1,
        psfInstFlux=-3.0, psfInstFluxErr=0.5, scienceInstFlux=100.0, ixx=4.0,
        trailLength=10.0, trailAngle=90.0, dipoleAngle=0.0, dipoleLength=5.0,
    )  # fmt: skip
    associate(release, [1])
    row = release.execute(
        "SELECT ra, dec, raErr, decErr, psfFlux, psfFluxErr, scienceFlux, trailLength, trailAngle,"
        " dipoleLength, dipoleAngle, ixx, coord_dec, midpointMjdTai, band FROM dr1.DiaSource"
    ).fetchone()
    assert row is not None
    assert row[:-1] == pytest.approx(
        (10, ARCSEC, 0.1 * ARCSEC, 0.02 * ARCSEC, -30, 5, 1000, 2, 0, 1, 270, 0.16, 0, 60000)
    )
    assert row[-1] == "g"


def test_an_empty_visit_and_an_empty_sky(release: Connection) -> None:
    start_survey(release, "r")
    assert release.execute(ASSOCIATE, (1,)).fetchone() == (0,)
    generate(release, [1 << 58])
    assert content(release) == ([], [])


def test_refusals_say_what_to_do(release: Connection) -> None:
    assert refusal(release, ASSOCIATE, 1).startswith("release dr1 has no photometric solution")
    start_survey(release, "r")
    assert refusal(release, ASSOCIATE, 9).startswith("visit 9 is not loaded | Load it")
    for radius in ("NULL", "'NaN'", "0", "-1", "31"):
        for call in (f"associate_dia_sources('dr1', 1, {radius})",
                     f"generate_dia_objects('dr1', 0, 1, {radius})"):  # fmt: skip
            assert "Give 0.001 to 30 arcsec" in refusal(release, f"SELECT association.{call}")
    for call in ("withdraw_dia_source('dr1', 5)", "reassign_dia_source('dr1', 5, 6)"):
        assert refusal(release, f"SELECT association.{call}").startswith(
            "release dr1 has no DiaSource 5 | Associate its visit"
        )
    insert_dia_sources(release, [10.0, 20.0], [5.0, 5.0], diaSourceId=[1, 2], visit=[1, 1])
    associate(release, [1])
    far = members(release)[2]
    said = refusal(release, "SELECT association.reassign_dia_source('dr1', 1, %s)", far)
    assert "arcsec apart | Choose a DiaObject of the release within 5 arcsec" in said
    said = refusal(release, "SELECT association.reassign_dia_source('dr1', 1, 3)")
    assert "there is no such object" in said
    release.execute("UPDATE meta.Release SET state = 'published'")
    assert refusal(release, ASSOCIATE, 1).startswith("release dr1 is published")


@pytest.mark.parametrize("call", [ASSOCIATE, GENERATE])
def test_own_temporary_tables_are_not_taken(release: Connection, call: str) -> None:
    """Whatever name of a step's table is the user's is told, and theirs are as they were."""
    start_survey(release, "r")
    insert_dia_sources(release, [10.0], [5.0], diaSourceId=[1], visit=[1])
    text = "".join(file.read_text() for file in (SQL_FOLDER / "association").glob("*.sql"))
    names = set(re.findall(r"CREATE TEMPORARY TABLE (dia_\w+)", text))
    assert "dia_source" in names
    release.execute(
        "; ".join(f"CREATE TEMPORARY TABLE {name} AS SELECT 1 AS mine" for name in names)
    )
    said = refusal(release, call, *[1] * call.count("%s"))
    assert said.startswith("this session has temporary tables of names that are needed here: ")
    assert all(name in said for name in names)
    assert release.execute("SELECT mine FROM pg_temp.dia_source").fetchall() == [(1,)]


def test_manager_may_and_reader_may_not(release_connect: Connect) -> None:
    for role, expected in (("manager", None), ("reader", psycopg.errors.InsufficientPrivilege)):
        connection = release_connect(role)
        try:
            connection.execute("INSERT INTO association.PredictedPosition VALUES (1, 2, 3, 4)")
            assert expected is None
        except psycopg.Error as error:
            assert type(error) is expected
        connection.rollback()


def test_twenty_thousand_at_one_place_found_objects(release: Connection) -> None:
    """To the last digit the same place: ids run on from there, visit by visit as all at once."""
    start_survey(release, "r")
    numbers = np.arange(20_000)
    places = np.full(20_000, 10.0), np.full(20_000, 5.0)
    insert_dia_sources(release, *places, diaSourceId=numbers, visit=1)
    release.execute("SET LOCAL statement_timeout = '60s'")
    key = int(hpx29(10.0, 5.0))
    ids = (
        "SELECT min(diaObjectId), max(diaObjectId), count(DISTINCT diaObjectId) FROM dr1.DiaSource"
    )
    for make in (lambda: associate(release, [1]), lambda: generate(release)):
        make()
        assert release.execute(ids).fetchone() == (key, key + 19_999, 20_000)


@pytest.mark.parametrize("call", [ASSOCIATE, GENERATE])
def test_a_crowd_in_every_visit_is_refused(release: Connection, call: str) -> None:
    """Six thousand within a third of an arcsec, twice: before all pairs are written down."""
    start_survey(release, "rr")
    east, north = np.random.default_rng(4).uniform(0, 1e-4, (2, 12_000))
    visit = np.repeat([1, 2], 6000)
    insert_dia_sources(release, 10 + east, north, diaSourceId=np.arange(12_000), visit=visit)
    arguments = () if call != ASSOCIATE else (2,)
    if call == ASSOCIATE:
        associate(release, [1])
    said = refusal(release, call, *arguments)
    assert "drop spurious detections" in said and "pairs of a DiaSource" in said


def test_a_dense_field_is_no_crowd(release: Connection) -> None:
    """Five thousand objects in 100 arcsec, seen again: the cell they share does not count."""
    start_survey(release, "rr")
    east, north = np.random.default_rng(5).uniform(0, 100 * ARCSEC, (2, 5200))
    for visit in (1, 2):
        ids = np.arange(5200) + 10_000 * visit
        insert_dia_sources(release, 10 + east, north, diaSourceId=ids, visit=visit)
    associate(release, [1, 2])
    owners = members(release)
    assert all(owners[10_000 + i] == owners[20_000 + i] for i in range(5200))
    one_by_one = content(release)
    generate(release)
    assert content(release) == one_by_one


def test_a_late_visit_is_refused_beyond_a_border_of_cells(release: Connection) -> None:
    """An object lies within four wide radii, in a cell that no circle of one radius reaches."""
    start_survey(release, "rr")
    dec = np.arange(0, 0.1, ARCSEC / 2)
    cells = hpx29(np.full(len(dec), 10.0), dec) >> 2 * (29 - 10)
    border = dec[np.flatnonzero(np.diff(cells))[0]]
    places = [border - ARCSEC, border + 109 * ARCSEC / 10]
    insert_dia_sources(release, [10.0] * 2, places, diaSourceId=[1, 2], visit=[1, 2])
    associate(release, [2], radius=3.0)
    with pytest.raises(psycopg.errors.RaiseException, match="comes too late"):
        associate(release, [1], radius=3.0)


def test_positions_follow_the_release_s_astrometric_solution(release: Connection) -> None:
    """By the WCS of the solution, which is an arcsec north of that known when loading; and back."""
    start_survey(release, "r")
    wcs = "10, 10, 10, 5, -1e-4, 0, 0, 1e-4"
    moved = wcs.replace(" 5,", " 5 + 1 / 3600.0,")
    columns = "crpix1, crpix2, crval1, crval2, cd1_1, cd1_2, cd2_1, cd2_2"
    release.execute(f"UPDATE raw.VisitDetector SET ({columns}) = ({wcs})")
    insert_dia_sources(release, [10.0], [5.0], diaSourceId=[1], visit=[1], x=[9.0], y=[9.0])
    solution = release.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
        " VALUES ('moved', 'astrometry', '{}', '', now()) RETURNING solutionId"
    ).fetchone()
    assert solution is not None
    release.execute(
        f"INSERT INTO calibration.WcsCalib (solutionId, visit, detector, {columns},"
        " sipOrder, sipA, sipB, component, nStar, rms)"
        f" VALUES (%s, 1, 0, {moved}, 0, '{{0}}', '{{0}}', 1, 9, 0)",
        solution,
    )
    for name, dec in (("moved", 5 + ARCSEC), (None, 5.0)):
        release.execute("SELECT calibration.use_astrometry('dr1', %s)", (name,))
        for make in (lambda: associate(release, [1]), lambda: generate(release)):
            make()
            row = release.execute("SELECT dec, coord_dec FROM dr1.DiaSource").fetchone()
            assert row is not None and row == (pytest.approx(dec, abs=1e-12), 5.0)


@pytest.mark.parametrize("bad", ["dec = 'NaN'", "x = 'NaN'"])
def test_positions_that_are_no_numbers_are_refused(release: Connection, bad: str) -> None:
    """Loaders let none pass; here it is in the table itself."""
    start_survey(release, "r")
    release.execute(
        "UPDATE raw.VisitDetector SET crpix1 = 1, crpix2 = 1, crval1 = 10, crval2 = 5,"
        " cd1_1 = 1e-5, cd1_2 = 0, cd2_1 = 0, cd2_2 = 1e-5"
    )
    pixel = {} if bad.startswith("dec") else {"x": [3.0], "y": [3.0]}
    insert_dia_sources(release, [10.0], [5.0], diaSourceId=[1], visit=[1], **pixel)
    release.execute(f"UPDATE raw.DiaSource SET {bad}")
    for call in (ASSOCIATE, GENERATE):
        assert "finite" in refusal(release, call, *([1] if call == ASSOCIATE else []))


def test_many_sources_at_one_spot_take_no_quadratic_time(release: Connection) -> None:
    """Two thousand detections of twenty visits within an arcsec, and their predicted positions."""
    start_survey(release, "r" * 20)
    columns = crowd(np.random.default_rng(2), (10.0, 5.0), 2000, 20)
    insert_dia_sources(release, **columns)
    release.execute("SET LOCAL statement_timeout = '30s'")
    generate(release)
    assert len(members(release)) == 2000
    seen = release.execute(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM dr1.DiaSource"
        " GROUP BY diaObjectId, visit) AS g"
    ).fetchone()
    assert seen == (1,)

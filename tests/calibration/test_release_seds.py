"""Fluxes of a release for the SEDs of its objects: against formulas, undone and redone."""

from typing import Any

import numpy as np
import psycopg
import pytest

from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.release import create_release
from skytract.udf.calibration.atmosphere import Conditions
from skytract.udf.calibration.bin_spectrum import bin_spectrum
from skytract.udf.calibration.spectra import WAVELENGTH
from tests.fix_db import Connect
from tests.raw_rows import insert, insert_sources

Connection = psycopg.Connection[Any]

SKY = (0, 12 << 58)
VISITS = np.arange(1, 5)
BANDS = ["g", "u", "g", "u"]
Z = 10 ** (0.4 * (31.4 - 27.0))
RED = bin_spectrum(np.linspace(300.0, 1100.0, 400), (np.linspace(3.0, 11.0, 400) / 5.0) ** 4)
BLUE = bin_spectrum(np.linspace(300.0, 1100.0, 400), (np.linspace(3.0, 11.0, 400) / 5.0) ** -3)
PART = bin_spectrum([300.0, 450.0], [1.0, 1.0])
DARK = np.full(801, np.nan, "<f4").tobytes()
PLACE = (150.0, 2.0)
STATE = "SELECT calibration.state_seds(%s, %s, %s)"


@pytest.fixture(scope="module")
def filled(module_connect: Connect) -> Connect:
    """Two passbands of u and of g, a source and a difference source of one object, and dr1."""
    owner = module_connect("owner")
    create_release(owner, "dr1")
    rng = np.random.default_rng(5)
    conditions = Conditions(
        rng.uniform(1.0, 2.0, 4), np.full(4, 778.0), rng.uniform(1.0, 8.0, 4),
        np.full(4, 263.0), rng.uniform(0.0, 0.1, 4), np.full(4, 1.2),
    )  # fmt: skip
    bands, glass = read_instrument_passbands()
    curves = {
        band: [np.interp(WAVELENGTH - s, WAVELENGTH, glass[bands.index(band)]) for s in (-1.0, 1.4)]
        for band in "gu"
    }
    instruments = {
        band: Instrument(np.arange(2), np.array(curve)) for band, curve in curves.items()
    }
    write_passband_set(owner, "night", Visits(VISITS, BANDS, conditions), instruments)
    same = {"visit": VISITS, "band": BANDS, "loadId": 1}
    times = {"ra": 0, "dec": 0, "expMidptMJD": 60000.0 + VISITS, "expTime": 30}
    insert(owner, "raw.Visit", same | times)
    for detector in (0, 1):
        insert(owner, "raw.VisitDetector", same | {"detector": detector, "nx": 100, "ny": 200})
    insert_sources(
        owner, np.full(4, PLACE[0]), np.full(4, PLACE[1]), sourceId=VISITS, visit=VISITS,
        x=[10.0, 20.0, None, 90.0], y=[10.0, 20.0, None, 150.0],
        psfInstFlux=[100.0, -5.0, 102.0, None], psfInstFluxErr=[2.0, 2.0, 2.0, None],
        ap12InstFlux=90.0, ap12InstFluxErr=3.0,
    )  # fmt: skip
    owner.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    owner.execute("SELECT calibration.use_solution('dr1', 'stated')")
    owner.execute("SELECT association.associate_sources('dr1')")
    star = owner.execute("SELECT min(objectId) FROM association.SourceGroup").fetchone()
    assert star is not None
    insert(
        owner,
        "raw.ForcedSource",
        {
            **{"objectId": np.repeat([star[0], star[0] + 1], 4), "visit": np.tile(VISITS, 2)},
            **{"detector": 1, "ra": PLACE[0], "dec": PLACE[1], "x": 30.0, "y": 40.0, "loadId": 1},
            **{"psfInstFlux": [50.0, -6.0, None, 9.0] * 2, "psfInstFluxErr": 1.0},
            **{"psfDiffInstFlux": -3.0, "psfDiffInstFluxErr": 0.5},
        },
    )
    write_templates(owner)
    for name, template in (("red", 1), ("blue", 2)):
        owner.execute(STATE, (name, [star[0]], [template]))
    owner.commit()
    return module_connect


def write_templates(owner: Connection) -> None:
    """Write a grid of two templates: 1 is RED, 2 is BLUE."""
    row = owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
        " VALUES ('two', 'template', '{}', '1', now()) RETURNING solutionId"
    ).fetchone()
    assert row is not None
    for number, (name, spectrum) in enumerate((("red", RED), ("blue", BLUE)), start=1):
        owner.execute(
            "INSERT INTO calibration.Template (solutionId, templateId, name, kind, redshift, ebv,"
            " prior, fNu) VALUES (%s, %s, %s, 'star', 0, 0, 0.5, %s)",
            (row[0], number, name, spectrum),
        )


@pytest.fixture
def owner(filled: Connect) -> Any:
    """A connection of the owner; what was done is undone."""
    connection = filled("owner")
    yield connection
    connection.rollback()


def star_of(owner: Connection) -> int:
    row = owner.execute("SELECT min(objectId) FROM association.SourceGroup").fetchone()
    assert row is not None
    return int(row[0])


def kappas(owner: Connection, spectrum: bytes, detector: int) -> np.ndarray:
    rows = owner.execute(
        "SELECT kappa FROM calibration.kappa(%s) WHERE detector = %s ORDER BY visit",
        (spectrum, detector),
    ).fetchall()
    return np.array([row[0] for row in rows])


def fill(owner: Connection) -> None:
    owner.execute("SELECT calibration.apply_calibrations('dr1', %s, %s)", SKY)


def fluxes(owner: Connection, columns: str, table: str, where: str = "true") -> np.ndarray:
    found = owner.execute(
        f"SELECT {columns} FROM dr1.{table} WHERE {where} ORDER BY visit".encode()
    ).fetchall()
    return np.array(found, float)


def test_without_seds_kappa_is_one(owner: Connection) -> None:
    fill(owner)
    assert fluxes(owner, "psfFlux, ap12Flux", "Source")[:, 0][:3] == pytest.approx(
        np.array([100.0, -5.0, 102.0]) * Z, rel=1e-14
    )


def test_sources_have_the_kappa_of_their_object(owner: Connection) -> None:
    """A negative flux keeps its sign, NULL stays NULL; errors scale as fluxes do."""
    owner.execute("SELECT calibration.use_seds('dr1', 'red')")
    fill(owner)
    kappa = kappas(owner, RED, 0)
    assert np.abs(kappa - 1.0).max() > 0.01
    found = fluxes(owner, "psfFlux, psfFluxErr, ap12Flux", "Source")
    # g is stored as float4, and errors and apertures are.
    assert found[:3, 0] == pytest.approx(np.array([100.0, -5.0, 102.0]) * Z * kappa[:3], rel=1e-7)
    assert np.isnan(found[3, 0])
    assert found[:3, 1] == pytest.approx(2.0 * Z * kappa[:3], rel=1e-6)
    assert found[:, 2] == pytest.approx(90.0 * Z * kappa, rel=1e-6)
    named = owner.execute(
        "SELECT s.name FROM meta.Release AS r JOIN calibration.Solution AS s"
        " ON s.solutionId = r.sedSolutionId"
    ).fetchone()
    assert named == ("red",)


def test_the_recorded_sed_redoes_the_fluxes_and_nothing_else_changes(owner: Connection) -> None:
    """Undo and redo: by the recorded spectrum, the light curve is the release's to 1e-6."""
    said: list[str] = []
    owner.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    owner.execute("SELECT calibration.use_seds('dr1', 'red')")
    fill(owner)
    star = star_of(owner)
    first = fluxes(owner, "psfFlux, psfDiffFlux", "ForcedSource", f"objectId = {star}")
    again = owner.execute(
        "SELECT psfFlux, psfDiffFlux FROM calibration.light_curves(ARRAY[%s::bigint],"
        " calibration.object_sed(%s, 'red'), 'stated', 'night') ORDER BY visit",
        (star, star),
    ).fetchall()
    np.testing.assert_allclose(first, np.array(again, float), rtol=1e-6)
    unknown = fluxes(owner, "psfFlux", "ForcedSource", f"objectId = {star + 1}")
    assert unknown[0, 0] == pytest.approx(50.0 * Z, rel=1e-14), "no SED: kappa = 1"
    assert said == [
        f"4 of 8 rows of ForcedSource with objectId from {SKY[0]} to {SKY[1]} have no SED in the"
        " solution 'red': their kappa is 1"
    ]
    # A second solution, and back.
    owner.execute("SELECT calibration.use_seds('dr1', 'blue')")
    fill(owner)
    second = fluxes(owner, "psfFlux", "ForcedSource", f"objectId = {star}")
    assert abs(second[1, 0] / first[1, 0] - 1.0) > 0.01
    owner.execute("SELECT calibration.use_seds('dr1', 'red')")
    fill(owner)
    redone = fluxes(owner, "psfFlux, psfDiffFlux", "ForcedSource", f"objectId = {star}")
    np.testing.assert_array_equal(redone, first)
    owner.execute("SELECT calibration.use_seds('dr1', NULL)")
    fill(owner)
    undone = fluxes(owner, "psfFlux", "ForcedSource", f"objectId = {star}")
    assert undone[:, 0] == pytest.approx(np.array([50.0, -6.0, np.nan, 9.0]) * Z, nan_ok=True)


def test_difference_fluxes_have_the_sed_of_what_varies(owner: Connection) -> None:
    owner.execute("SELECT calibration.use_seds('dr1', 'red', 'blue')")
    fill(owner)
    where = f"objectId = {star_of(owner)}"
    found = fluxes(owner, "psfFlux, psfDiffFlux", "ForcedSource", where)
    assert found[:2, 0] == pytest.approx([50.0, -6.0] * kappas(owner, RED, 1)[:2] * Z, rel=1e-7)
    assert found[:, 1] == pytest.approx(-3.0 * Z * kappas(owner, BLUE, 1), rel=1e-7)


def test_dia_sources_have_the_sed_of_what_varies(owner: Connection) -> None:
    """The flux in the science image is that of all that lies there: kappa = 1."""
    same = {"hpx29": star_of(owner), "ra": PLACE[0], "dec": PLACE[1], "detector": 0, "loadId": 1}
    insert(
        owner,
        "raw.DiaSource",
        same
        | {"diaSourceId": VISITS, "visit": VISITS, "psfInstFlux": [7.0, -8.0, 9.0, None]}
        | {"psfInstFluxErr": 1.0, "scienceInstFlux": 50.0, "isNegative": False},
    )
    generate = "SELECT association.generate_dia_objects('dr1', %s, %s)"
    owner.execute(generate, SKY)
    before = fluxes(owner, "psfFlux, psfFluxErr, scienceFlux, diaObjectId", "DiaSource")
    assert before[:3, 0] == pytest.approx(np.array([7.0, -8.0, 9.0]) * Z, rel=1e-14)
    known = owner.execute("SELECT min(diaObjectId) FROM dr1.DiaSource").fetchone()
    assert known is not None
    owner.execute(STATE, ("varies", [known[0]], [2]))
    owner.execute("SELECT calibration.use_seds('dr1', NULL, 'varies')")
    owner.execute(generate, SKY)
    after = fluxes(owner, "psfFlux, psfFluxErr, scienceFlux, diaObjectId", "DiaSource")
    kappa = kappas(owner, BLUE, 0)
    np.testing.assert_allclose(after[:, 0], before[:, 0] * kappa, rtol=1e-7)
    np.testing.assert_allclose(after[:, 1], before[:, 1] * kappa, rtol=1e-6)
    np.testing.assert_array_equal(after[:, 2:], before[:, 2:])


def test_a_star_flat_multiplies_every_flux(owner: Connection) -> None:
    """1 + 0.1 u on detector 0 in g: u = (2 x + 1) / nx - 1; without pixels 1, its mean."""
    coefficients = [1.0, *[0.0] * 3, 0.1, *[0.0] * 5]
    owner.execute(
        "INSERT INTO calibration.StarFlat (solutionId, band, detector, nx, ny, coefficients)"
        " SELECT solutionId, 'g', 0, 100, 200, %s FROM calibration.Solution WHERE name = 'stated'",
        (coefficients,),
    )
    fill(owner)
    found = fluxes(owner, "psfFlux", "Source")[:, 0]
    expected = np.array([100.0 * (1.0 + 0.1 * (21.0 / 100.0 - 1.0)), -5.0, 102.0, np.nan]) * Z
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    owner.execute("SELECT calibration.recalibrate('public.redone', %s, %s, %s::bytea, catalog =>"
                  " 'Source')", (*SKY, bin_spectrum([300.0, 1100.0], [1.0, 1.0])))  # fmt: skip
    flat = owner.execute("SELECT psfFlux FROM public.redone ORDER BY visit").fetchall()
    np.testing.assert_allclose(np.array(flat, float)[:, 0], expected, rtol=1e-12)


def test_a_star_flat_multiplies_both_fluxes_of_a_light_curve(owner: Connection) -> None:
    """1 + 0.1 u on detector 1 in g, at x = 30 of 100: each flux for its own spectrum."""
    owner.execute(
        "INSERT INTO calibration.StarFlat (solutionId, band, detector, nx, ny, coefficients)"
        " SELECT solutionId, 'g', 1, 100, 200, '{1,0,0,0,0.1,0,0,0,0,0}' FROM calibration.Solution"
        " WHERE name = 'stated'"
    )
    found = owner.execute(
        "SELECT psfFlux, psfDiffFlux, psfDiffFluxErr FROM calibration.light_curves("
        "ARRAY[%s::bigint], %s::bytea, variable_sed => %s) ORDER BY visit",
        (star_of(owner), RED, BLUE),
    ).fetchall()
    flat = np.where(np.array(BANDS) == "g", 1.0 + 0.1 * (61.0 / 100.0 - 1.0), 1.0) * Z
    own, variable = flat * kappas(owner, RED, 1), flat * kappas(owner, BLUE, 1)
    counts = np.array([50.0, -6.0, np.nan, 9.0])
    expected = np.stack([counts * own, -3.0 * variable, 0.5 * variable], axis=1)
    np.testing.assert_allclose(np.array(found, float), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("objects", "variable", "calls"), [(2, None, 1), (2, BLUE, 2), (0, None, 1)]
)
def test_a_light_curve_looks_at_each_spectrum_once(
    owner: Connection, objects: int, variable: bytes | None, calls: int
) -> None:
    """In one call for all bands, however many rows there are, and where there are none."""
    owner.execute("SET LOCAL track_functions = 'all'")
    star = star_of(owner)
    owner.execute(
        "SELECT * FROM calibration.light_curves(%s::bigint[], %s::bytea, variable_sed => %s)",
        ([star, star + 1][:objects], RED, variable),
    )
    counted = owner.execute(
        "SELECT calls FROM pg_stat_xact_user_functions WHERE funcname = 'project_bands'"
    ).fetchone()
    assert counted == (calls,)


def test_object_fluxes_are_means_of_recalibrated_sources(owner: Connection) -> None:
    owner.execute("SELECT calibration.use_seds('dr1', 'red')")
    fill(owner)
    owner.execute("SELECT association.make_objects('dr1', %s, %s)", SKY)
    row = owner.execute("SELECT g_psfFlux, g_psfFluxErr FROM dr1.Object").fetchone()
    kappa = kappas(owner, RED, 0)[[0, 2]]
    weight = 1.0 / (2.0 * Z * kappa) ** 2
    mean = (np.array([100.0, 102.0]) * Z * kappa * weight).sum() / weight.sum()
    assert row == pytest.approx((mean, weight.sum() ** -0.5), rel=1e-6)


@pytest.mark.parametrize(
    ("change", "arguments", "said"),
    [
        ("SELECT 1", "'dr1', 'none'", "no solution of kind sed named 'none'"),
        ("SELECT 1", "'dr1', 'stated'", "no solution of kind sed named 'stated'"),
        ("SELECT 1", "'dr7', 'red'", "dr7"),
        ("DELETE FROM calibration.PassbandCoefficient WHERE visit = 3 AND detector = 1",
         "'dr1', 'red'", "1 visit-detectors have no passband .* visit 3, detector 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    owner: Connection, change: str, arguments: str, said: str
) -> None:
    owner.execute(change.encode())
    with pytest.raises(psycopg.errors.RaiseException, match=said) as refused:
        owner.execute(f"SELECT calibration.use_seds({arguments})".encode())
    assert refused.value.diag.message_hint


def test_visits_that_came_after_the_solutions_are_told_before_a_stage_writes(
    owner: Connection,
) -> None:
    """A passband is a must, as kappa is; zero points and WCS may lack, and are warned of."""
    describe = "SELECT calibration.describe_visits('dr1')"
    said: list[tuple[str, str]] = []
    owner.add_notice_handler(
        lambda d: said.append((d.message_primary or "", d.message_hint or "")),
    )
    owner.execute("SELECT calibration.use_seds('dr1', 'red')")
    owner.execute(describe)
    assert not said
    new = {"visit": [9], "band": "g", "detector": 1, "nx": 100, "ny": 200, "loadId": 1}
    insert(owner, "raw.VisitDetector", new)
    owner.execute("SAVEPOINT before")
    with pytest.raises(psycopg.errors.RaiseException, match=r"no passband .* visit 9, dete"):
        owner.execute(describe)
    owner.execute("ROLLBACK TO before")
    owner.execute(
        "INSERT INTO calibration.PassbandCoefficient (solutionId, visit, detector, band, basisRms,"
        " c1, c2, c3, c4, c5, c6, c7, c8, c9, c10) SELECT solutionId, 9, detector, band, basisRms,"
        " c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 FROM calibration.PassbandCoefficient"
        " WHERE visit = 1 AND detector = 1"
    )
    owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
        " VALUES ('wcs', 'astrometry', '{}', '', now())"
    )
    owner.execute("SELECT calibration.use_astrometry('dr1', 'wcs')")
    owner.execute(describe)
    assert [first for first, _ in said] == [
        "9 visit-detectors have no WCS in the solution 'wcs', the first is visit 1, detector 0:"
        " positions there are as loaded, without errors",
        "1 visit-detectors have no zero point in the solution 'stated', the first is visit 9,"
        " detector 1: their fluxes are NULL",
    ]
    assert "`skytract calibrate astrometry`" in said[0][1]
    assert "`skytract calibrate photometry`" in said[1][1]


def test_a_visit_without_passband_is_told_and_nothing_is_written(owner: Connection) -> None:
    owner.execute("DELETE FROM calibration.PassbandCoefficient WHERE visit = 3 AND detector = 1")
    for statement in (
        "SELECT calibration.recalibrate('public.redone', %s, %s, %s::bytea)",
        "SELECT * FROM calibration.light_curves(ARRAY[%s::bigint, %s], %s::bytea)",
    ):
        owner.execute("SAVEPOINT before")
        with pytest.raises(psycopg.errors.RaiseException, match="visit 3, detector 1 has no pass"):
            owner.execute(statement, (star_of(owner), star_of(owner) + 1, RED))
        owner.execute("ROLLBACK TO before")
    other = "SELECT calibration.recalibrate('public.redone', %s, %s, %s::bytea, bands => '{u}')"
    star = star_of(owner)
    assert owner.execute(other, (star, star + 1, RED)).fetchone() == (2,)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("recalibrate('public.a.b', 0, 9, %(red)s)", "'public.a.b' is no name for a table"),
        ("recalibrate('a b', 0, 9, %(red)s)", "'a b' is no name for a table"),
        ("recalibrate(NULL, 0, 9, %(red)s)", "NULL is no name for a table"),
        ("recalibrate('public.a', 9, 9, %(red)s)", "there is nothing from 9 to 9"),
        ("recalibrate('public.a', NULL, 9, %(red)s)", "there is nothing from <NULL> to 9"),
        ("sed('{400,500}'::float8[], '{1,1}', redshift => 5)", "at redshift 5 .* 2400 to 3000 nm"),
        # Objects of which there are no rows do not hide what is wrong.
        ("light_curves('{7}', 'none')", "there is no SED 'none'"),
        ("light_curves('{7}', '\\x00'::bytea)", "this is no spectrum: it has 1 bytes"),
        ("light_curves('{7}', %(red)s::bytea, 'no')", "no solution of kind photometry named 'no'"),
        ("light_curves('{7}', %(red)s::bytea, passbands => 'no')", "kind passband named 'no'"),
        ("light_curves('{7}', %(red)s::bytea, variable_sed => %(part)s)", "does not cover band"),
        ("exact_kappa(%(red)s, 9, 0)", "visit 9, detector 0 has no passband in the set"),
        ("exact_kappa(%(red)s, 1, 7)", "visit 1, detector 7 has no passband in the set"),
        ("exact_kappa(%(red)s, NULL, 0)", "visit <NULL>, detector 0 has no passband"),
        ("exact_kappa(%(red)s, 1, 0, 'no')", "no solution of kind passband named 'no'"),
        ("exact_kappa(%(part)s, 1, 0)", "the SED does not cover band g: .* % of the light"),
        ("exact_kappa(%(dark)s, 1, 0)", "the SED has no flux in band g"),
        ("exact_kappa('\\x00', 1, 0)", "this is no spectrum: it has 1 bytes"),
        ("exact_kappa(NULL, 1, 0)", "this is no spectrum: it has no bytes"),
        ("kappa(%(dark)s)", "the SED has no flux in band [gu]"),
    ],
)
def test_what_makes_no_sense_is_refused(owner: Connection, call: str, said: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match=said) as refused:
        owner.execute(
            f"SELECT calibration.{call}".encode(), {"red": RED, "part": PART, "dark": DARK}
        )
    assert refused.value.diag.message_hint


def test_a_detector_without_zero_point_has_no_flux_and_spares_the_rest(owner: Connection) -> None:
    """As in a release; a joint fit leaves out images that nothing ties to the rest."""
    owner.execute("DELETE FROM calibration.PhotoCalib WHERE visit = 3 AND detector = 1")
    said: list[str] = []
    owner.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    star = star_of(owner)
    redo = "SELECT calibration.recalibrate('public.redone', %s, %s, %s::bytea)"
    assert owner.execute(redo, (star, star + 1, RED)).fetchone() == (4,)
    assert said == [
        "visit 3, detector 1 has no zero point in the solution:"
        " fluxes of such detectors are NULL"
    ]  # fmt: skip
    made = "SELECT visit, psfDiffFlux IS NULL FROM public.redone ORDER BY visit"
    curve = "SELECT visit, psfDiffFlux IS NULL FROM calibration.light_curves(%s, %s::bytea)"
    assert owner.execute(made).fetchall() == [(int(v), v == 3) for v in VISITS]
    assert sorted(owner.execute(curve, ([star, star + 1], RED))) == [
        (int(v), v == 3) for v in VISITS for _ in range(2)
    ]
    assert len(said) == 2 and said[0] == said[1]
    factors = "SELECT visit, factor IS NULL FROM calibration.flux_factors(%s::bytea)"
    found = owner.execute(factors + " WHERE detector = 1 ORDER BY visit", (RED,)).fetchall()
    assert found == [(int(v), v == 3) for v in VISITS]


def test_what_lacks_a_zero_point_elsewhere_is_not_warned_of_nor_looked_for(
    owner: Connection,
) -> None:
    """Detector 0, where nothing was forced: by index, without reading the stretch."""
    owner.execute("DELETE FROM calibration.PhotoCalib WHERE detector = 0")
    owner.execute(
        "INSERT INTO raw.ForcedSource (objectId, visit, detector, ra, dec, x, y, loadId)"
        " SELECT n, 1, 1, 0, 0, 0, 0, 1 FROM generate_series(1, 5000) AS n"
    )
    owner.execute("ANALYZE raw.ForcedSource")
    said: list[str] = []
    owner.add_notice_handler(lambda notice: said.append(str(notice.message_primary)))
    before = rows_read(owner)
    owner.execute(
        "SELECT calibration.require_passbands('ForcedSource', %s, %s,"
        " calibration.find_solution('photometry', NULL),"
        " calibration.find_solution('passband', NULL), NULL)",
        SKY,
    )
    assert rows_read(owner) - before < 100
    assert said == []


def rows_read(owner: Connection) -> int:
    """Rows of raw.ForcedSource that this transaction has read, by whatever kind of scan."""
    row = owner.execute(
        "SELECT sum(pg_stat_get_xact_tuples_returned(t.relid)"
        " + pg_stat_get_xact_tuples_fetched(t.relid))::bigint"
        " FROM pg_partition_tree('raw.forcedsource') AS t WHERE t.isleaf"
    ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("catalog", ["Source", "DiaSource", "Object"])
def test_every_catalog_can_be_recalibrated(owner: Connection, catalog: str) -> None:
    star = star_of(owner)
    same = {"hpx29": star, "ra": PLACE[0], "dec": PLACE[1], "detector": 0, "loadId": 1}
    of_dia = {"diaSourceId": VISITS, "visit": VISITS, "psfInstFlux": [7.0, -8.0, 9.0, None]}
    insert(owner, "raw.DiaSource", same | of_dia | {"psfInstFluxErr": 1.0, "isNegative": False})
    redo = "SELECT calibration.recalibrate('public.redone', %s, %s, %s::bytea, catalog => %s)"
    n = owner.execute(redo, (*SKY, RED, catalog)).fetchone()
    if catalog == "Object":
        kappa = kappas(owner, RED, 1)
        found = owner.execute("SELECT objectId, g_psfFlux, u_psfFlux, r_psfFlux FROM public.redone"
                              " ORDER BY objectId").fetchall()  # fmt: skip
        u_weight = 1.0 / kappa[[1, 3]] ** 2
        u_mean = ([-6.0, 9.0] * kappa[[1, 3]] * u_weight).sum() / u_weight.sum() * Z
        assert n == (2,) and found[0][0] == star and found[0][3] is None
        assert found[0][1:3] == pytest.approx((50.0 * kappa[0] * Z, u_mean), rel=1e-14)
        return
    kappa = kappas(owner, RED, 0)
    counts = np.array([100.0, -5.0, 102.0] if catalog == "Source" else [7.0, -8.0, 9.0])
    found = owner.execute("SELECT psfFlux, psfFluxErr FROM public.redone ORDER BY visit").fetchall()
    assert n == (4,)
    assert [row[0] for row in found[:3]] == pytest.approx(counts * kappa[:3] * Z, rel=1e-14)
    said = owner.execute("SELECT obj_description('public.redone'::regclass)").fetchone()
    assert said is not None and "solution stated, passbands night" in said[0]


def test_an_unknown_catalog_is_told(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="no catalog 'Star'") as refused:
        owner.execute(
            "SELECT calibration.recalibrate('public.redone', 0, 1, %s::bytea, catalog => 'Star')",
            (RED,),
        )
    assert "ForcedSource" in (refused.value.diag.message_hint or "")


def test_managers_choose_seds_and_readers_do_not(filled: Connect) -> None:
    manager = filled("manager")
    manager.execute("SELECT calibration.use_seds('dr1', 'red', 'blue')")
    fill(manager)
    manager.rollback()
    reader = filled("reader")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("SELECT calibration.use_seds('dr1', 'red')")
    reader.rollback()

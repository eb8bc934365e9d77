"""Factors, own SEDs and recalibrated fluxes in the database, against integrals and numpy."""

import numpy as np
import psycopg
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.udf.calibration.atmosphere import STANDARD, Conditions
from skytract.udf.calibration.bin_spectrum import bin_spectrum
from skytract.udf.calibration.passband_basis import chromatic_factors, project_sed
from skytract.udf.calibration.spectra import WAVELENGTH
from tests.fill_table import fill_table
from tests.raw_rows import insert

VISITS = np.arange(1, 9)
BANDS = ["g", "u"] * 4
DETECTORS = np.arange(3)
OBJECT = 4000
NODES = np.linspace(300.0, 1100.0, 400)
RED = (NODES / 500.0) ** 4


@pytest.fixture(scope="module")
def filled(module_connect):
    """Passbands of 8 visits x 3 detectors, a zero point of 27 mag, and a light curve in counts."""
    owner = module_connect("owner")
    rng = np.random.default_rng(3)
    conditions = Conditions(
        rng.uniform(1.0, 2.0, 8), np.full(8, 778.0), rng.uniform(1.0, 8.0, 8),
        np.full(8, 263.0), rng.uniform(0.0, 0.1, 8), np.full(8, 1.2),
    )  # fmt: skip
    conditions.airmass[0], conditions.pwv[0], conditions.aerosol_depth[0] = 1.2, 3.0, 0.03
    conditions.aerosol_exponent[0] = STANDARD.aerosol_exponent
    bands, glass = read_instrument_passbands()
    instruments = {}
    for band in "gu":
        curve = glass[bands.index(band)]
        shifted = [np.interp(WAVELENGTH - s, WAVELENGTH, curve) for s in (0.0, -1.0, 1.4)]
        instruments[band] = Instrument(DETECTORS, np.array(shifted))
    write_passband_set(owner, "night", Visits(VISITS, BANDS, conditions), instruments)
    fill_table(
        owner, "raw.visit", visit=VISITS, band=BANDS, expmidptmjd=60000.0 + VISITS,
        ra=VISITS, dec=VISITS,
    )  # fmt: skip
    insert(
        owner,
        "raw.VisitDetector",
        {"visit": np.repeat(VISITS, 3), "detector": np.tile(DETECTORS, 8),
         "band": list(np.repeat(BANDS, 3)), "nx": 100, "ny": 100, "loadId": 1},
    )  # fmt: skip
    owner.execute("SELECT calibration.state_zero_point('stated', 27.0)")
    fill_table(
        owner, "raw.forcedsource", objectid=np.repeat([OBJECT, OBJECT + 1], 24),
        visit=np.tile(np.repeat(VISITS, 3), 2), detector=np.tile(DETECTORS, 16),
        psfinstflux=np.arange(48) * 10.0 - 50.0, psfinstfluxerr=np.full(48, 2.0),
        psfdiffinstflux=np.full(48, -3.0), psfdiffinstfluxerr=np.full(48, 1.0),
    )  # fmt: skip
    owner.execute("SELECT meta.create_user('ann'), meta.create_user('bob')")
    owner.commit()
    yield module_connect
    owner.execute("DROP OWNED BY ann, bob CASCADE")
    owner.execute("DROP ROLE ann, bob")
    owner.commit()


@pytest.fixture
def ann(filled):
    """A connection of the scientist ann; what she did is undone."""
    connection = filled("reader")
    connection.rollback()
    connection.close()
    connection = filled("owner")
    connection.execute("SET SESSION AUTHORIZATION ann")
    yield connection
    connection.rollback()
    connection.close()


def factors(connection, sed, *arguments):
    rows = connection.execute(
        f"SELECT visit, detector, kappa FROM calibration.kappa({sed}) ORDER BY visit, detector",
        arguments,
    ).fetchall()
    return np.array([row[2] for row in rows])


FLAT = "calibration.sed(ARRAY[300, 1100], ARRAY[1, 1]"
OWN = "calibration.sed(%s::float8[], %s::float8[])"


def test_coefficients_agree_with_the_exact_passbands(ann):
    found = factors(ann, OWN, NODES.tolist(), RED.tolist())
    assert len(found) == 24
    exact = [
        ann.execute(
            f"SELECT calibration.exact_kappa({OWN}, %s, %s)",
            (NODES.tolist(), RED.tolist(), int(visit), int(detector)),
        ).fetchone()[0]
        for visit in VISITS
        for detector in DETECTORS
    ]
    # The bounds, mmag; the correction itself is a hundred times as large.
    off = 2500.0 * np.log10(found / np.array(exact))
    in_u = np.repeat(np.array(BANDS) == "u", 3)
    assert np.abs(off[~in_u]).max() < 0.1
    assert np.abs(off[in_u]).max() < 0.5
    assert np.abs(2500.0 * np.log10(found)).max() > 10.0


def test_flat_is_one_exactly_and_the_standard_is_one(ann):
    assert (factors(ann, OWN, [300.0, 1100.0], [2.0, 2.0]) == 1.0).all()
    # Visit 1 on detector 0 has the standard passband, of float4 curves.
    assert factors(ann, OWN, NODES.tolist(), RED.tolist())[0] == pytest.approx(1.0, abs=1e-6)


def test_in_memory_gives_the_same_to_the_last_bit(ann):
    spectrum = bin_spectrum(NODES, RED)
    expected = []
    for band in BANDS:
        basis = ann.execute(
            "SELECT standard, support, curves FROM calibration.PassbandBasis WHERE band = %s",
            (band,),
        ).fetchone()
        expected.append(project_sed(spectrum, *basis)[0])
    rows = ann.execute(
        "SELECT * FROM calibration.PassbandCoefficient ORDER BY visit, detector"
    ).fetchall()
    c = np.array([row[4:14] for row in rows])
    ours = [float(chromatic_factors(c[i], expected[int(rows[i][1]) - 1])) for i in range(len(rows))]
    assert factors(ann, OWN, NODES.tolist(), RED.tolist()).tolist() == ours


def test_recorded_errors_of_the_basis_are_small(ann):
    worst = ann.execute(
        "SELECT band, max(basisRms) FROM calibration.PassbandCoefficient GROUP BY band"
    ).fetchall()
    assert {band: rms < (0.5 if band == "u" else 0.1) for band, rms in worst} == {
        "g": True,
        "u": True,
    }


def test_an_own_sed_recalibrates_a_light_curve_in_one_statement(ann):
    ann.execute("SELECT calibration.add_sed('red', %s, %s)", (NODES.tolist(), RED.tolist()))
    rows = ann.execute(
        "SELECT visit, detector, band, midpointMjdTai, psfFlux, psfFluxErr, psfDiffFlux"
        " FROM calibration.light_curves(ARRAY[%s]::bigint[], 'red') ORDER BY visit, detector",
        (OBJECT,),
    ).fetchall()
    kappa = factors(ann, "'red'")
    z = 10 ** (0.4 * (31.4 - 27.0))
    counts = np.arange(24) * 10.0 - 50.0
    assert len(rows) == 24
    assert [row[2] for row in rows] == list(np.repeat(BANDS, 3))
    assert [row[3] for row in rows] == list(np.repeat(60000.0 + VISITS, 3))
    np.testing.assert_allclose([row[4] for row in rows], counts * z * kappa, rtol=1e-14)
    np.testing.assert_allclose([row[5] for row in rows], 2.0 * z * kappa, rtol=1e-14)
    np.testing.assert_allclose([row[6] for row in rows], -3.0 * z * kappa, rtol=1e-14)


def test_difference_fluxes_have_the_sed_of_the_variable_part(ann):
    flat, red = bin_spectrum([300.0, 1100.0], [1.0, 1.0]), bin_spectrum(NODES, RED)
    rows = ann.execute(
        "SELECT psfFlux, psfDiffFlux FROM calibration.light_curves(ARRAY[%s]::bigint[], %s,"
        " variable_sed => %s) ORDER BY visit, detector",
        (OBJECT, red, flat),
    ).fetchall()
    z = 10 ** (0.4 * (31.4 - 27.0))
    counts = np.arange(24) * 10.0 - 50.0
    kappa = factors(ann, OWN, NODES.tolist(), RED.tolist())
    np.testing.assert_allclose([row[0] for row in rows], counts * z * kappa, rtol=1e-14)
    np.testing.assert_allclose([row[1] for row in rows], -3.0 * z, rtol=1e-14)


def test_a_stretch_goes_into_an_own_table(ann):
    ann.execute("SELECT calibration.add_sed('red', %s, %s)", (NODES.tolist(), RED.tolist()))
    again = "SELECT calibration.recalibrate('redone', %s, %s, 'red')"
    assert ann.execute(again, (OBJECT, OBJECT + 1)).fetchone() == (24,)
    same = ann.execute(
        "SELECT count(*), bool_and(r.psfFlux = l.psfFlux AND r.psfDiffFluxErr = l.psfDiffFluxErr)"
        " FROM my_ann.redone AS r JOIN calibration.light_curves(ARRAY[%s]::bigint[], 'red') AS l"
        " USING (objectId, visit, detector)",
        (OBJECT,),
    ).fetchone()
    assert same == (24, True)
    for table, said in (
        ("redone", "there is a table my_ann.redone already"),
        ("my_bob.mine", "ann may not make tables in the schema my_bob"),
    ):
        ann.execute("SAVEPOINT before")
        with pytest.raises(psycopg.errors.RaiseException, match=said):
            ann.execute("SELECT calibration.recalibrate(%s, 0, 9, 'red')", (table,))
        ann.execute("ROLLBACK TO before")


def test_a_band_alone_can_be_asked_for(ann):
    blue = [NODES[NODES > 345].tolist(), RED[NODES > 345].tolist()]
    found = ann.execute(
        f"SELECT DISTINCT band FROM calibration.kappa({OWN}, bands => '{{g}}')", blue
    ).fetchall()
    assert found == [("g",)]
    with pytest.raises(psycopg.errors.RaiseException, match="does not cover band u"):
        ann.execute(f"SELECT * FROM calibration.kappa({OWN})", blue)


ADD = "SELECT calibration.add_sed('mine', %s::float8[], %s::float8[])"
BAD = {
    "unsorted": ([300.0, 500.0, 400.0, 1100.0], [1.0] * 4, r"wavelength 3 .* 400 nm, is not great"),
    "negative": ([300.0, 500.0, 1100.0], [1.0, -2.0, 1.0], r"negative at 500 nm: -2"),
    "nan": ([300.0, 500.0, 1100.0], [1.0, float("nan"), 1.0], r"element 2 .* no number"),
    "null": ([300.0, None, 1100.0], [1.0, 1.0, 1.0], r"element 2 .* no number"),
    "zero": ([300.0, 1100.0], [0.0, 0.0], r"0 everywhere"),
    "lengths": ([300.0, 1100.0], [1.0], r"2 wavelengths and 1 fluxes"),
    "angstrom": ([3000.0, 11000.0], [1.0, 1.0], r"from 3000 to 11000 nm"),
    "micrometres": ([0.3, 1.1], [1.0, 1.0], r"from 0.3"),
    "short": ([300.0, 450.0], [1.0, 1.0], r"does not cover band g"),
    "red leak": ([300.0, 600.0], [1e-6, 1.0], r"does not cover band [gu]"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_sed_is_refused_with_a_sentence_and_nothing_is_written(ann, case):
    wavelength, flux, said = BAD[case]
    ann.execute("SAVEPOINT before")
    with pytest.raises(psycopg.errors.RaiseException, match=said) as refused:
        ann.execute(
            "SELECT calibration.add_sed('mine', %s::real[], %s::real[])", (wavelength, flux)
        )
    assert refused.value.diag.message_hint.endswith(".")
    ann.execute("ROLLBACK TO before")
    assert ann.execute("SELECT to_regclass('my_ann.sed')").fetchone() == (None,)


def test_arrays_need_not_begin_at_one(ann):
    """Lower bounds are no part of a spectrum: it is the same, and refused alike."""
    low = "'[0:3]={300,500,800,1100}'::float8[], '[-2:1]={1,3,2,4}'::float8[]"
    plain = "'{300,500,800,1100}'::float8[], '{1,3,2,4}'::float8[]"
    for redshift in ("", ", 0.1"):
        same = f"SELECT calibration.sed({low}{redshift}) = calibration.sed({plain}{redshift})"
        assert ann.execute(same).fetchone() == (True,)
    ann.execute(f"SELECT calibration.add_sed('low', {low})")
    assert ann.execute("SELECT wavelength[1], fNu[4] FROM my_ann.Sed").fetchone() == (300, 4)
    # Put there by hand, it is read and listed alike.
    ann.execute(f"INSERT INTO my_ann.Sed (name, wavelength, fNu) VALUES ('by hand', {low})")
    ann.execute("INSERT INTO my_ann.Sed (name, wavelength, fNu) VALUES ('empty', '{}', '{}')")
    by_hand = f"SELECT calibration.sed('by hand') = calibration.sed({plain})"
    assert ann.execute(by_hand).fetchone() == (True,)
    spans = "SELECT name, first_nm, last_nm FROM calibration.list_seds() WHERE kind = 'own'"
    assert ann.execute(spans).fetchall() == [
        ("by hand", 300, 1100), ("empty", None, None), ("low", 300, 1100),
    ]  # fmt: skip
    for bad, said in (
        ("'[0:1]={3000,11000}'::float8[], '[0:1]={1,1}'", "from 3000 to 11000 nm"),
        ("'[0:2]={300,500,400}'::float8[], '[0:2]={1,1,1}'", "wavelength 3 of the SED, 400 nm"),
        ("'[0:1]={300,1100}'::float8[], '[0:1]={0,0}'", "0 everywhere"),
        ("'{{300,1100},{1,2}}'::float8[], '{{1,1},{1,1}}'", "of two elements or more"),
    ):
        ann.execute("SAVEPOINT before")
        with pytest.raises(psycopg.errors.RaiseException) as refused:
            ann.execute(f"SELECT calibration.sed({bad}::float8[])")
        told = refused.value.diag
        assert said in told.message_primary + told.message_hint
        ann.execute("ROLLBACK TO before")


def test_other_users_seds_are_neither_written_nor_read(ann):
    good = (NODES.tolist(), RED.tolist())
    for statement, arguments in (
        ("SELECT calibration.add_sed('my_bob.mine', %s, %s)", good),
        ("SELECT calibration.sed('my_bob.mine')", ()),
    ):
        ann.execute("SAVEPOINT before")
        with pytest.raises(psycopg.errors.RaiseException, match="belongs to another user than ann"):
            ann.execute(statement, arguments)
        ann.execute("ROLLBACK TO before")
    ann.execute("SELECT calibration.add_sed('my_ann.mine', %s, %s)", good)
    with pytest.raises(psycopg.errors.RaiseException, match="have an SED 'mine' already"):
        ann.execute("SELECT calibration.add_sed('mine', %s, %s)", good)


def test_who_has_no_schema_is_told(filled):
    reader = filled("reader")
    with pytest.raises(psycopg.errors.RaiseException, match="no schema of their own"):
        reader.execute("SELECT calibration.add_sed('a', %s, %s)", (NODES.tolist(), RED.tolist()))
    reader.rollback()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("calibration.kappa('none')", "no SED 'none'"),
        ("calibration.kappa(NULL::bytea)", "no spectrum: it has no bytes"),
        ("calibration.kappa('abc'::bytea)", "no spectrum: it has 3 bytes"),
        (f"calibration.kappa({FLAT}), 'noon')", "solution of kind passband named 'noon'"),
        (f"calibration.kappa({FLAT}), bands => '{{q}}')", "have bands"),
        (f"calibration.flux_factors({FLAT}), 'x')", "no solution of kind photometry named 'x'"),
        (f"{FLAT}, -3)", "redshift is -3"),
    ],
)  # fmt: skip
def test_unknown_names_are_told(ann, statement, said):
    with pytest.raises(psycopg.errors.RaiseException, match=said) as refused:
        ann.execute(f"SELECT * FROM {statement}")
    assert refused.value.diag.message_hint


def test_sets_are_never_overwritten_and_need_every_band(filled):
    manager = filled("manager")
    one = Conditions(*([float(v)] for v in STANDARD))
    with pytest.raises(SkytractError, match="'night' exists already"):
        write_passband_set(manager, "night", Visits(np.array([1]), ["g"], one), {"g": Instrument(
            DETECTORS[:1], np.ones((1, 801)))})  # fmt: skip
    manager.rollback()
    with pytest.raises(SkytractError, match="visits in band g have no passband"):
        write_passband_set(manager, "other", Visits(np.array([1]), ["g"], one), {})

"""Differential refraction against published indices and the sizes of the reference sheet."""

import re

import numpy as np
import psycopg
import pytest

from skytract.loaders.load import load_file
from skytract.loaders.passband_library import read_instrument_passbands, read_standard_passbands
from skytract.loaders.passband_set import Instrument, Visits, write_passband_set
from skytract.loaders.release import create_release
from skytract.loaders.sed_catalog import write_sed_catalog
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.atmosphere import STANDARD, Conditions
from skytract.udf.calibration.refraction import mean_refraction, mean_refractions, refractivity
from skytract.udf.calibration.spectra import WAVELENGTH
from skytract.udf.calibration.zenith import (
    LATITUDE,
    LONGITUDE,
    visit_geometry,
    zenith_at,
    zenith_vectors,
)
from tests.calibration.test_release_seds import BLUE, write_templates
from tests.fix_data import REPOSITORY
from tests.raw_rows import insert

PAGE = (REPOSITORY / "docs" / "astrometry.md").read_text(encoding="utf-8")


def test_refractivity_of_standard_air():
    # Edlen 1953 (JOSA 43, 339), 15 degrees, 760 mmHg, dry: n at 400, 589.3 and 700 nm.
    for wavelength, index in ((400.0, 1.00028276), (589.3, 1.00027715), (700.0, 1.00027579)):
        assert refractivity(wavelength, 1013.25, 15.0) == pytest.approx(index - 1.0, rel=2e-4)


def test_a_narrow_passband_is_refracted_as_its_wavelength():
    throughput = np.zeros((1, 801))
    throughput[0, 200] = 1.0
    mas = 206264806.2 * refractivity(500.0, 778.0, 10.0)
    assert mean_refraction(np.ones(801), throughput)[0] == pytest.approx(mas, rel=1e-9)


def test_shifts_have_their_sign_and_size():
    # Against a G2V star, in mas per tan z at 778 mbar: hot stars +46, +86, +16, +7 and less than 4
    # (O5V), M3V -222 (its u is mostly extrapolated here), -76, -22, -12 and less than 4.
    library = read_sed_library()
    bands, throughput = read_standard_passbands()
    lift = mean_refraction(library.fNu, throughput)
    shift = lift - lift[library.index("pickles1998_G2V")]
    assert (shift[library.index("pickles1998_G2V")] == 0.0).all()
    hot = dict(zip(bands, shift[library.index("calspec_BD+75_325")], strict=True))
    cool = dict(zip(bands, shift[library.index("bochanski2007_M3V")], strict=True))
    for band, expected in (("g", 86.0), ("r", 16.0), ("i", 7.0), ("u", 46.0)):
        assert hot[band] == pytest.approx(expected, rel=0.35), band
    for band, expected in (("g", -76.0), ("r", -22.0), ("i", -12.0)):
        assert cool[band] == pytest.approx(expected, rel=0.25), band
    assert max(abs(s[band]) for s in (hot, cool) for band in "zy") < 4.5


def test_a_flat_spectrum_is_weighted_by_the_passband_alone():
    throughput = np.where((WAVELENGTH >= 400.0) & (WAVELENGTH <= 600.0), WAVELENGTH, 0.0)[None]
    expected = 206264806.2 * refractivity(np.arange(400.0, 601.0), 778.0, 10.0).mean()
    assert mean_refraction(np.ones(801), throughput)[0] == pytest.approx(expected, rel=1e-9)


def test_the_zenith_is_where_the_time_says():
    # At the pole, the zenith is 90 - latitude away; what stands there at the time is at distance 0.
    distance, _ = visit_geometry([0.0, 0.0], [90.0, -90.0], [60000.0, 60000.0], 10.0, 40.0)
    # The pole of the date is 0.13 deg from that of ICRS in 2023 (precession in declination).
    assert distance == pytest.approx([50.0, 130.0], abs=0.14)
    mjd = np.array([60000.0, 60100.3, 58000.6])
    zenith = zenith_at(mjd, -70.0, -30.0)
    ra = np.degrees(np.arctan2(zenith[:, 1], zenith[:, 0]))
    dec = np.degrees(np.arcsin(zenith[:, 2]))
    assert visit_geometry(ra, dec, mjd, -70.0, -30.0)[0] == pytest.approx([0.0] * 3, abs=1e-6)
    # A degree south of it, the zenith is a degree to the north; a degree north, to the south.
    south, north = (visit_geometry(ra, dec + d, mjd, -70.0, -30.0) for d in (-1.0, 1.0))
    assert south[0] == pytest.approx([1.0] * 3)
    assert south[1] == pytest.approx([0.0] * 3, abs=1e-6)
    assert np.abs(north[1]) == pytest.approx([180.0] * 3)
    # Sidereal time (Meeus 1998, eq. 12.4); precession since 2000 is 0.0128 deg/yr.
    utc = mjd - 37.0 / 86400.0
    sidereal = 280.46061837 + 360.98564736629 * (utc - 51544.5) - 70.0
    precessed = ra + 0.01281 * (mjd - 51544.5) / 365.25
    assert (sidereal - precessed + 180.0) % 360.0 - 180.0 == pytest.approx([0.0] * 3, abs=0.1)


def test_vectors_and_angles_say_the_same():
    ra, dec, mjd = np.array([10.0, 200.0]), np.array([-20.0, 5.0]), np.array([60000.1, 60000.2])
    distance, angle = visit_geometry(ra, dec, mjd)
    vectors = zenith_vectors(ra, dec, distance, angle)
    assert np.abs(vectors - zenith_at(mjd, LONGITUDE, LATITUDE)).max() < 1e-12


def test_a_mixture_is_lifted_by_the_mean_of_its_parts():
    library = read_sed_library()
    _, throughput = read_standard_passbands()
    parts = library.fNu[[library.index("pickles1998_G2V"), library.index("bochanski2007_M3V")]]
    told = mean_refractions(parts.tobytes(), throughput.astype("<f4").tobytes(), 778.0, 10.0)
    flux, lift = np.array([row[2:] for row in told]).reshape(2, -1, 2).transpose(2, 0, 1)
    weight = np.array([0.3, 0.7])[:, None] * flux
    mixed = (weight * lift).sum(axis=0) / weight.sum(axis=0)
    expected = mean_refraction(0.3 * parts[0] + 0.7 * parts[1], throughput.astype("<f4"))
    assert mixed == pytest.approx(expected, rel=1e-6)


@pytest.fixture
def night(owner, loader, tmp_path):
    """A library, and visits in g, g, z, u, 45 deg from the zenith; the second does not know."""
    path = tmp_path / "library.parquet"
    write_sed_catalog(path)
    assert load_file(loader, path, "Sed").state == "loaded"
    same = {"visit": [1, 2, 3, 4], "band": list("ggzu"), "loadId": 1, "dec": -20.0, "ra": 10.0}
    insert(owner, "raw.Visit", same | {
        "expMidptMJD": 60000.1, "expTime": 30, "zenithDistance": [45.0, None, 45.0, 45.0],
        "parallacticAngle": [90.0, None, 0.0, -90.0],
    })  # fmt: skip
    names, glass = read_instrument_passbands()
    instruments = {b: Instrument(np.arange(1), glass[[names.index(b)]]) for b in "gzu"}
    conditions = Conditions(np.ones(4), *(np.full(4, value) for value in STANDARD[1:]))
    write_passband_set(
        owner, "night", Visits(np.arange(1, 5), list("ggzu"), conditions), instruments
    )
    return owner


def test_shifts_of_visits(night):
    """Toward the zenith for hot stars, away for cool ones, none for a G2V; as in memory."""
    g2v = night.execute("SELECT * FROM calibration.refraction_shifts('pickles1998_G2V')").fetchall()
    assert [row[2:] for row in g2v] == [(0.0, 0.0)] * 4
    library = read_sed_library()
    bands, throughput = read_standard_passbands()
    query = "SELECT raShift, decShift FROM calibration.refraction_shifts(%s) ORDER BY visit"
    for name, sign in (("calspec_BD+75_325", 1.0), ("bochanski2007_M3V", -1.0)):
        lift = mean_refraction(library.fNu[library.index(name)], throughput) - mean_refraction(
            library.fNu[library.index("pickles1998_G2V")], throughput
        )
        east, unknown, north, west = 3.6e6 * np.array(night.execute(query, (name,)).fetchall())
        assert sign * east[0] > 50.0  # g: tens of mas to the east, where the zenith is
        assert east == pytest.approx([lift[bands.index("g")], 0.0], rel=1e-4, abs=1e-9)
        assert north == pytest.approx([0.0, lift[bands.index("z")]], rel=2e-3, abs=1e-9)
        assert west == pytest.approx([-lift[bands.index("u")], 0.0], rel=1e-4, abs=1e-9)
        (distance,), (angle,) = visit_geometry([10.0], [-20.0], [60000.1])
        far = np.tan(np.radians(distance)) * lift[bands.index("g")]
        sin, cos = np.sin(np.radians(angle)), np.cos(np.radians(angle))
        assert unknown == pytest.approx([far * sin, far * cos], rel=1e-4)


def test_a_spectrum_that_ends_inside_a_band_is_refused(night):
    night.commit()
    short = "calibration.sed('{450,1100}'::float8[], '{1,2}')"
    with pytest.raises(psycopg.Error, match=r"does not cover band g") as refused:
        night.execute(f"SELECT * FROM calibration.refraction_shifts({short})")
    assert "leave the band out" in str(refused.value)
    night.rollback()
    query = f"SELECT visit FROM calibration.refraction_shifts({short}, bands => '{{z}}')"
    assert night.execute(query).fetchall() == [(3,)]
    with pytest.raises(psycopg.Error, match=r"no SED 'vega' in the library"):
        night.execute(
            "SELECT calibration.sed_refraction("
            "calibration.sed('{300,1100}'::float8[], '{1,2}'), reference => 'vega')"
        )
    night.rollback()
    with pytest.raises(psycopg.Error, match=r"no spectrum: it has 1 bytes"):
        night.execute("SELECT * FROM calibration.refraction_shifts('\\x00'::bytea)")
    night.rollback()


def test_positions_of_a_release_by_the_spectra_of_its_objects(night):
    """At boresights as `refraction_shifts` of the spectrum has it; elsewhere by geometry."""
    night.commit()
    create_release(night, "dr1")
    write_templates(night)
    night.execute("SELECT calibration.state_seds('stated', '{7}', '{2}')")  # BLUE
    number = np.arange(6)
    place = {"ra": [10.0, 10.0, 10.0, 10.0, 0.0, 10.0], "dec": [-20.0] * 3 + [-20.5] + [-20.0] * 2}
    insert(night, "dr1.Source", {
        "hpx29": number, "sourceId": number, "objectId": [7, 7, 8, 7, 7, 7], "detector": 0,
        "visit": [1, 3, 1, 3, 1, 4], "band": list("gzgzgu"), **place,
        "coord_ra": 10.0, "coord_dec": -20.0, "x": 1.0, "y": 1.0,
    })  # fmt: skip
    shifts = dict(
        (visit, np.array(shift))
        for visit, *shift in night.execute(
            "SELECT visit, raShift, decShift FROM calibration.refraction_shifts(%s::bytea)", (BLUE,)
        ).fetchall()
    )
    query = "SELECT ra, dec, raShift, decShift FROM calibration.unrefracted_positions('dr1', {})"
    rows = night.execute(query.format("'stated'") + " ORDER BY sourceId").fetchall()
    assert rows[2] == (10.0, -20.0, None, None)
    for row, visit in ((rows[0], 1), (rows[1], 3), (rows[5], 4)):
        assert row[2:] == pytest.approx(shifts[visit], rel=1e-5, abs=1e-14)
        moved = shifts[visit] / [np.cos(np.radians(20.0)), 1.0]
        assert row[:2] == pytest.approx([10.0, -20.0] - moved, abs=1e-12)
    # The zenith of visit 3 is 45 deg north of its boresight: 45.5 from a source to the south.
    assert rows[3][3] == pytest.approx(shifts[3][1] * np.tan(np.radians(45.5)), rel=1e-5)
    assert 359.9999 < rows[4][0] < 360.0  # lifted eastwards across 0
    assert len(night.execute(query.format("'stated', 1, 3")).fetchall()) == 2
    with (
        pytest.raises(psycopg.Error, match="dr1 is calibrated without spectra of its objects"),
        night.transaction(),
    ):
        night.execute(query.format("NULL"))
    # As the page has it, for the spectra that the release is calibrated with.
    (statement,) = re.findall(r"^```\n(SELECT .*unrefracted_positions.*?)^```$", PAGE, re.M | re.S)
    night.execute("SELECT calibration.use_seds('dr1', 'stated')")
    cursor = night.execute(statement.rstrip().rstrip(";") + " ORDER BY s.sourceId")
    names = [column.name for column in cursor.description]
    by_page = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    assert [(row["straightra"], row["straightdec"]) for row in by_page] == [row[:2] for row in rows]

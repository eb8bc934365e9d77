"""Fluxes in other passbands than the standard ones: against speclite's AB magnitudes."""

from typing import Any

import numpy as np
import psycopg
import pytest
from astropy import units
from speclite.filters import load_filter

from skytract.loaders.package_data import read_filter
from skytract.loaders.passband_library import read_standard_passbands
from skytract.udf.calibration.bin_spectrum import bin_spectrum
from skytract.udf.calibration.target_factor import target_factor

Connection = psycopg.Connection[Any]

NODES = np.arange(295.0, 1106.0)
SEDS = {"red": NODES**3.0, "blue": NODES**-2.5, "wavy": 2.0 + np.sin(NODES / 40.0)}
BANDS, STANDARDS = read_standard_passbands()


@pytest.fixture(scope="module")
def connection(module_connect: Any) -> Connection:
    """A database with the standard passbands, and the SDSS's r."""
    owner: Connection = module_connect("owner")
    row = owner.execute(
        "INSERT INTO calibration.Solution (name, kind, parameters, codeVersion, createdAt)"
        " VALUES ('set', 'passband', '{}', '1', now()) RETURNING solutionId"
    ).fetchone()
    assert row is not None
    for band, curve in zip(BANDS, STANDARDS, strict=True):
        stored = curve.astype("<f4").tobytes()
        owner.execute(
            "INSERT INTO calibration.PassbandBasis VALUES (%s, %s, 'lsst2023', %s, %s, %s)",
            (row[0], band, stored, stored, bytes(32040)),
        )
    wavelength, response = read_filter("sdss2010", "r")
    owner.execute(
        "INSERT INTO calibration.Passband (name, system, band, wavelength, throughput,"
        " includesAtmosphere, loadId) VALUES ('sdss2010-r', 'sdss2010', 'r', %s, %s, true, 1)",
        (wavelength.tolist(), response.tolist()),
    )
    owner.commit()
    return owner


@pytest.mark.parametrize("name", SEDS)
@pytest.mark.parametrize("other", ["sdss2010-r", "decamDR1-i", "hsc2017-g"])
def test_factors_are_those_of_published_filters(connection: Connection, name: str, other: str):
    """As speclite has them, on a grid of 1 nm: to 2 mmag, for it samples what we average."""
    group, band = other.split("-")
    wavelength, response = read_filter(group, band)
    spectrum = bin_spectrum(NODES, SEDS[name])
    (ours,) = connection.execute(
        "SELECT calibration.passband_factor(%s, %s, %s, %s)",
        (spectrum, band, wavelength.tolist(), response.tolist()),
    ).fetchone() or (None,)
    grid = NODES * units.nm
    f_lambda = (SEDS[name] * units.nJy).to("erg / (s cm2 Angstrom)", units.spectral_density(grid))
    magnitudes = [load_filter(f).get_ab_magnitude(f_lambda, grid) for f in
                  (other, f"lsst2023-{band}")]  # fmt: skip
    assert -2.5 * np.log10(ours) == pytest.approx(magnitudes[0] - magnitudes[1], abs=2e-3)
    # Outside the database: the same to the last bit.
    standard = STANDARDS[BANDS.index(band)].astype("<f4").tobytes()
    assert target_factor(spectrum, standard, wavelength, response)[0] == ours


def test_it_is_one_for_flat_spectra_and_for_the_standard(connection: Connection) -> None:
    flat = bin_spectrum([300.0, 1100.0], [2.0, 2.0])
    named = "SELECT calibration.passband_factor(%s, 'g', 'sdss2010-r')"
    assert connection.execute(named, (flat,)).fetchone() == (pytest.approx(1.0, abs=1e-12),)
    wavelength, response = read_filter("lsst2023", "g")
    same = connection.execute(
        "SELECT calibration.passband_factor(%s, 'g', %s, %s)",
        (bin_spectrum(NODES, SEDS["red"]), wavelength.tolist(), response.tolist()),
    ).fetchone()
    assert same == (pytest.approx(1.0, abs=1e-6),)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'q', ARRAY[400, 500], ARRAY[1, 1]", "no band 'q'"),
        ("'g', ARRAY[400, 500], ARRAY[1, -1]", "passband is negative at 500 nm"),
        ("'g', ARRAY[500, 400], ARRAY[1, 1]", "wavelength 2 of the passband, 400 nm, is not"),
        ("'g', ARRAY[4000, 5000], ARRAY[1, 1]", "passband runs from 4000 to 5000 nm"),
        (
            "'g', ARRAY[400, 500], ARRAY[1.0, 'NaN']::float8[]",
            "element 2 of the passband is no number",
        ),
        ("'g', ARRAY[400, 500], ARRAY[0, 0]", "passband is 0 everywhere"),
        ("'g', ARRAY[900, 1300], ARRAY[1, 1]", "does not cover the other passband: 49.875"),
        ("'g', 'none'", "no passband 'none'"),
    ],
)
def test_bad_passbands_are_told(connection: Connection, arguments: str, said: str) -> None:
    spectrum = bin_spectrum(NODES, SEDS["red"])
    with pytest.raises(psycopg.errors.RaiseException, match=said) as refused:
        connection.execute(
            f"SELECT calibration.passband_factor(%s, {arguments})".encode(), (spectrum,)
        )
    connection.rollback()
    assert refused.value.diag.message_hint


def test_an_sed_that_ends_inside_the_other_passband_is_told(connection: Connection) -> None:
    spectrum = bin_spectrum([300.0, 700.0], [1.0, 2.0])
    with pytest.raises(psycopg.errors.RaiseException, match="does not cover the other passband"):
        connection.execute(
            "SELECT calibration.passband_factor(%s, 'g', ARRAY[600, 800], ARRAY[1, 1])", (spectrum,)
        )
    connection.rollback()

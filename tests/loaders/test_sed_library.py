"""The library of real spectra: complete, documented, of the colours that such objects have."""

import numpy as np
import pytest

from skytract.loaders.errors import SkytractError
from skytract.loaders.package_data import package_file
from skytract.loaders.passband_library import read_standard_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.continue_spectrum import continue_spectrum
from skytract.udf.calibration.spectra import WAVELENGTH, ab_magnitudes, bin_average, mean_fluxes


@pytest.fixture(scope="module")
def colours():
    """Return a function: name -> {"gr": g - r, ...} in lsst2023."""
    library = read_sed_library()
    bands, throughput = read_standard_passbands()
    magnitudes = ab_magnitudes(mean_fluxes(library.fNu, throughput))

    def of(name):
        m = dict(zip(bands, magnitudes[library.index(name)], strict=True))
        return {a + b: m[a] - m[b] for a, b in ("ug", "gr", "ri", "iz", "zy")}

    return of


def test_every_spectrum_is_whole_and_documented():
    library = read_sed_library()
    assert len(set(library.name)) == len(library.name) > 90
    assert set(library.kind) == {"star", "whiteDwarf", "galaxy", "qso"}
    assert np.isfinite(library.fNu).all() and (library.fNu >= 0.0).all()
    assert library.fNu.shape == (len(library.name), 801)
    for field in (library.subtype, library.source, library.licence, library.unit):
        assert len(field) == len(library.name) and all(field)
    assert {*library.waveKind} <= {"air", "vacuum", None}
    assert (library.measured[:, 0] < library.measured[:, 1]).all()


def test_the_scale_is_one_njy_in_r():
    bands, throughput = read_standard_passbands()
    flux = mean_fluxes(read_sed_library().fNu, throughput[[bands.index("r")]])
    np.testing.assert_allclose(flux, 1.0, rtol=1e-6)  # stored as float4


def test_the_sun_has_its_colours(colours):
    # Willmer 2018, ApJS 236, 47, table 3 (AB, LSST's bands): g - r 0.46, r - i 0.12, i - z 0.02.
    for name in ("pickles1998_G2V", "kurucz1993_Sun"):
        sun = colours(name)
        assert sun["gr"] == pytest.approx(0.45, abs=0.05)
        assert sun["ri"] == pytest.approx(0.12, abs=0.05)
        assert sun["iz"] == pytest.approx(0.02, abs=0.04)


def test_m_dwarfs_have_theirs(colours):
    # Bochanski et al. 2007, AJ 133, 531, table 2 (SDSS): r - i of M0 0.67, M3 1.25, M5 1.85 and
    # i - z 0.38, 0.6, 1.0; SDSS's own bands are within 0.2 mag of these.
    for name, red, far in (("M0V", 0.67, 0.38), ("M3V", 1.25, 0.60), ("M5V", 1.85, 1.0)):
        m = colours(f"bochanski2007_{name}")
        assert m["ri"] == pytest.approx(red, abs=0.25)
        assert m["iz"] == pytest.approx(far, abs=0.3)
    reds = [colours(f"bochanski2007_M{k}V")["ri"] for k in range(8)]
    assert (np.diff(reds) > 0.0).all()


def test_hot_white_dwarfs_are_bluer_than_any_main_sequence_star(colours):
    assert colours("calspec_GD71")["gr"] < -0.4
    assert colours("calspec_GD71")["ug"] < -0.2


def test_redshifts_move_the_break_of_an_elliptical():
    library = read_sed_library()
    ell = library.index("cosmos_Ell2")
    at_rest, moved = library.redshifted(ell, [0.0, 0.5])
    assert library.redshifted(ell, 0.5).shape == (801,)
    np.testing.assert_allclose(at_rest, library.fNu[ell], rtol=1e-5)
    for spectrum, edge in ((at_rest, 400), (moved, 600)):
        below, above = spectrum[edge - 330 : edge - 315], spectrum[edge - 290 : edge - 275]
        assert above.mean() > 1.4 * below.mean()


def test_continuations_join_smoothly_and_are_black_bodies():
    wavelength = np.arange(400.0, 900.0)
    body = wavelength**-3 / np.expm1(14387768.8 / (wavelength * 5000.0))
    full = WAVELENGTH**-3 / np.expm1(14387768.8 / (WAVELENGTH * 5000.0))
    nodes, flux = continue_spectrum(wavelength, body, 5000.0)
    np.testing.assert_allclose(bin_average(nodes, flux)[1:-1], full[1:-1], rtol=1e-4)


def test_a_missing_package_is_named():
    with pytest.raises(SkytractError, match=r"package skytract-no-such.*is not installed: run"):
        package_file("skytract-no-such", "a.dat")
    with pytest.raises(SkytractError, match=r"has no file speclite/none.dat"):
        package_file("speclite", "speclite/none.dat")

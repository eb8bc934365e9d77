"""Differential refraction against published indices and the sizes of the reference sheet."""

import numpy as np
import pytest

from skytract.loaders.passband_library import read_standard_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.refraction import mean_refraction, refractivity
from skytract.udf.calibration.spectra import WAVELENGTH


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

import gzip

import astropy.units as u
import numpy as np
import pytest
from astropy.modeling.models import BlackBody

from skytract.pipelines.simulate.variability.flares import flare_shape
from skytract.pipelines.simulate.variability.kinds import WAVELENGTH, kind_index
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.stars import vary_stars
from tests.pipelines.simulate.variability.rows import OBJECT, one_kind


def varied(number, absolute_r):
    stars = np.zeros(number, OBJECT)
    stars["truthId"] = np.arange(number)
    stars["period"] = stars["epochOfMax"] = np.nan
    vary_stars(np.random.default_rng(1), stars, np.full(number, absolute_r))
    return stars


def test_eclipses_are_as_deep_as_black_bodies_say():
    """A star of 8000 K and one of 4000 K with a quarter of its disk cover each other in turn."""
    star = one_kind("eclipsing", 1, [8.0, 0.5, 0.25, 1.0, 0.02, 0.0])
    star["period"], star["epochOfMax"] = 2.0, 60000.0
    for band in range(6):
        hot, cool = (
            BlackBody(kelvin * u.K)(WAVELENGTH[band] * u.nm).value for kelvin in (8000.0, 4000.0)
        )
        total = hot + 0.25 * cool
        outside, primary, secondary = (
            modulation(star, 60000.0 + 2.0 * phase, band)[0] for phase in (0.0, 0.25, 0.75)
        )
        assert 1.0 - primary / outside == pytest.approx(0.25 * hot / total, rel=1e-5)
        assert 1.0 - secondary / outside == pytest.approx(0.25 * cool / total, rel=1e-5)


def test_mean_flux_of_binaries_is_one():
    stars = varied(40000, 5.0)
    stars = stars[stars["varKind"] == kind_index("eclipsing")]
    phase = (np.arange(2000) + 0.5) / 2000.0
    for star in stars[:40]:
        flux = modulation(np.repeat(star, 2000), star["epochOfMax"] + phase * star["period"], 2)
        assert flux.mean() == pytest.approx(1.0, abs=2e-3)  # the wings of wide eclipses overlap
        assert flux.min() > 0.0


def test_binaries_have_real_periods_and_amplitudes(shared_data):
    """2246 contact and 342 detached binaries of LINEAR, which lists amplitudes above 0.3 mag."""
    with gzip.open(shared_data("linear_variables", "LINEARattributesFinalApr2013.dat.gz")) as file:
        table = np.loadtxt(file)
    stars = varied(200000, 5.0)
    stars = stars[stars["varKind"] == kind_index("eclipsing")]
    times = stars["epochOfMax"] + np.linspace(0.0, 1.0, 200)[:, None] * stars["period"]
    flux = np.array([modulation(stars, time, 2) for time in times])
    amplitude = 2.5 * np.log10(flux.max(axis=0) / flux.min(axis=0))
    contact = stars["varParams"][:, 4] == np.float32(0.07)
    for code, some in ((5, contact), (4, ~contact)):
        real = table[table[:, 12] == code]
        seen = amplitude[some & (amplitude > 0.3)]
        assert np.median(seen) == pytest.approx(np.median(real[:, 7]), abs=0.06)
        assert np.percentile(seen, 84) == pytest.approx(np.percentile(real[:, 7], 84), abs=0.1)
    ours = np.median(stars["period"][contact])
    assert ours == pytest.approx(np.median(10.0 ** table[table[:, 12] == 5, 6]), rel=0.1)


def test_fractions_of_variable_stars_are_those_published():
    for absolute_r, flaring in ((5.0, 0.0), (12.0, 0.30)):
        kinds = varied(50000, absolute_r)["varKind"]
        assert np.mean(kinds == kind_index("eclipsing")) == pytest.approx(0.013, abs=0.002)
        assert np.mean(kinds == kind_index("flareStar")) == pytest.approx(flaring, abs=0.01)


def test_fewer_stars_come_out_the_same():
    assert varied(500, 12.0).tobytes() == varied(2000, 12.0)[:500].tobytes()


def test_flare_is_half_as_high_one_width_apart():
    """Davenport et al. (2014): full width at half maximum 1, peak 1 at time 0."""
    time = np.linspace(-2.0, 20.0, 220001)
    light = flare_shape(time)
    above = time[light > 0.5]
    # The published fit itself is 0.92 wide: its quartic passes one half a little late.
    assert np.ptp(above) == pytest.approx(1.0, abs=0.1)
    assert light.max() == pytest.approx(1.0, abs=1e-4)
    assert time[np.argmax(light)] == pytest.approx(0.0, abs=1e-3)


def test_flares_come_at_the_stated_rate_and_are_bluer_than_the_star():
    star = one_kind("flareStar", 1, [0.4, 0.1, 1.0, 0.01, 3.2], first=77)
    times = np.arange(60000.0, 61000.0, 0.002)
    many = np.repeat(star, len(times))
    blue, red = modulation(many, times, 0), modulation(many, times, 2)
    began = np.flatnonzero((red[1:-1] > 1.09) & (red[1:-1] > red[:-2]) & (red[1:-1] >= red[2:]))
    # 400 expected; sampling misses the peak of few, two within the same minutes are one.
    assert len(began) == pytest.approx(400, rel=0.15)
    assert np.all(blue[red > 1.01] - 1.0 > 5.0 * (red[red > 1.01] - 1.0))
    assert np.median(red) == pytest.approx(1.0, abs=1e-3)
    order = np.random.default_rng(1).permutation(1000)
    np.testing.assert_array_equal(modulation(many[:1000], times[order], 2), red[order])


def test_constant_objects_keep_their_flux():
    stars = one_kind("constant", 3)
    np.testing.assert_array_equal(modulation(stars, 60123.4, 1), 1.0)
    assert modulation(stars[:0], 60123.4, 1).shape == (0,)

import numpy as np
import pytest
from astropy.io import fits

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.quasars import vary_quasars
from skytract.pipelines.simulate.variability.random_walk import unit_walk
from tests.pipelines.simulate.variability.rows import OBJECT, one_kind

NUMBER = 40000


@pytest.mark.parametrize("tau", [10.0, 200.0, 2000.0])
def test_structure_function_is_the_analytic_one(tau):
    """SF^2 = 2 (1 - exp(-lag / tau)); of n independent pairs, SF^2 has relative error sqrt(2/n)."""
    key = np.arange(NUMBER)
    start = 60000.0 + np.random.default_rng(1).uniform(0.0, 3000.0, NUMBER)
    scale = np.full(NUMBER, tau)
    first = unit_walk(key, start, scale)
    assert np.var(first) == pytest.approx(1.0, abs=4.0 * np.sqrt(2.0 / NUMBER))
    for lag in (1.0, 7.3, 30.0, 365.25, 3652.5):
        square = np.mean((unit_walk(key, start + lag, scale) - first) ** 2)
        expected = 2.0 * -np.expm1(-lag / tau)
        assert square == pytest.approx(expected, rel=4.0 * np.sqrt(2.0 / NUMBER) + 0.006)


def test_walk_is_markovian_and_normal():
    """Given x(t), x(t + h) is normal about x(t) exp(-h / tau), whatever x(t - h) was."""
    key, scale = np.arange(NUMBER), np.full(NUMBER, 100.0)
    before, now, after = (
        unit_walk(key, np.full(NUMBER, mjd), scale) for mjd in (60950.3, 61000.3, 61050.3)
    )
    decay = np.exp(-0.5)
    residual = (after - decay * now) / np.sqrt(1.0 - decay**2)
    assert abs(np.corrcoef(residual, before)[0, 1]) < 4.0 / np.sqrt(NUMBER)
    assert np.mean(residual**4) == pytest.approx(3.0, abs=4.0 * np.sqrt(96.0 / NUMBER))


def test_any_time_gives_the_same_value_in_any_order():
    quasars = one_kind("dampedRandomWalk", 50, [300.0, 0.2, 1.5])
    times = np.random.default_rng(2).uniform(60000.0, 64000.0, 50)
    order = np.random.default_rng(3).permutation(50)
    together = modulation(quasars, times, 3)
    np.testing.assert_array_equal(modulation(quasars[order], times[order], 3), together[order])
    alone = [modulation(quasars[k : k + 1], times[k], 3)[0] for k in range(50)]
    np.testing.assert_array_equal(alone, together)


def test_amplitude_falls_with_wavelength_and_mean_flux_is_one():
    quasars = one_kind("dampedRandomWalk", NUMBER, [50.0, 0.3, 1.0])
    flux = [modulation(quasars, 60500.0, band) for band in range(6)]
    spread = np.std(np.log(flux), axis=1) * 2.5 / np.log(10.0)
    # u of z = 1 shows 184 nm: SF_inf (184 / 400)^-0.479, sigma = SF_inf / sqrt 2.
    assert spread[0] == pytest.approx(0.3 / np.sqrt(2.0) * 0.46**-0.479, rel=0.02)
    assert np.all(np.diff(spread) < 0.0)
    assert np.mean(flux[1]) == pytest.approx(1.0, abs=0.005)


def test_times_outside_are_refused():
    quasars = one_kind("dampedRandomWalk", 1, [300.0, 0.2, 1.5])
    for mjd in (40000.0, 90000.0, np.nan):
        with pytest.raises(SkytractError, match="45000 to 77768"):
            modulation(quasars, mjd, 1)


def test_quasars_of_stripe_82_vary_as_published():
    """MacLeod et al. (2010, section 5): SF_inf about 0.2 mag, tau about 200 d at rest."""
    quasars = np.zeros(5000, OBJECT)
    quasars["redshift"] = 1.5
    quasars["flux"] = 10.0 ** (0.4 * (31.4 - 19.3))  # M_i near -25.5
    vary_quasars(np.random.default_rng(1), quasars)
    tau, asymptote = quasars["varParams"][:, 0] / 2.5, quasars["varParams"][:, 1]
    assert np.median(tau) == pytest.approx(200.0, rel=0.3)
    assert np.median(asymptote) == pytest.approx(0.2, rel=0.3)
    shorter = np.zeros(10, OBJECT)
    shorter[:] = quasars[:10]
    shorter["varParams"] = 0.0
    vary_quasars(np.random.default_rng(1), shorter)
    assert shorter.tobytes() == quasars[:10].tobytes()


def test_quasars_of_macho_vary_as_simulated_ones(shared_data):
    """Structure functions in V of 18 quasars of Geha et al. (2003, AJ 125, 1) behind the Clouds.

    Pairs of nights within a week say what the noise is. The sample was selected by its
    variability, and its redshifts, 0.3 to 2.8, are not in the data.
    """
    folder, rng = shared_data("qso_macho_ogle", "sample", "qso"), np.random.default_rng(1)
    observed, simulated = [], []
    for path in sorted(folder.glob("*.fits")):
        with fits.open(path) as file:
            time, magnitude, error = (np.array(file[1].data.field(k), float) for k in range(3))
        good = np.flatnonzero((magnitude > 10.0) & (magnitude < 25.0) & (error < 0.5))[::3]
        time, magnitude = time[good], magnitude[good]
        quasars = np.zeros(8, OBJECT)
        quasars["flux"] = 10.0 ** (0.4 * (31.4 - np.median(magnitude)))
        quasars["redshift"] = rng.uniform(0.3, 2.5, 8)
        quasars["truthId"] = rng.integers(1, 1 << 60, 8)
        vary_quasars(rng, quasars)
        each = np.repeat(quasars, len(time))
        flux = modulation(each, np.tile(time, 8) + 49000.0, 1).reshape(8, -1)
        curves = np.concatenate([magnitude[None], -2.5 * np.log10(flux)])
        size = structure_function(time, curves)
        observed.append(np.sqrt(np.clip(size[1:, 0] ** 2 - size[0, 0] ** 2, 0.0, None)))
        simulated.append(np.median(size[1:, 1:], axis=1))
    assert len(observed) == 18
    ratio = np.median(simulated, axis=0) / np.median(observed, axis=0)
    assert np.all((ratio > 0.65) & (ratio < 1.25)), ratio  # at 100, 365 and 1250 d


def structure_function(time, curves):
    """Return the robust width of differences in four ranges of the lag, shape (4, curves)."""
    i, j = np.triu_indices(len(time), 1)
    lag, width = np.abs(time[j] - time[i]), []
    for least, most in ((0.5, 8.0), (80.0, 120.0), (300.0, 430.0), (1000.0, 1500.0)):
        here = (lag > least) & (lag < most)
        difference = curves[:, j[here]] - curves[:, i[here]]
        width.append(0.7413 * np.ptp(np.percentile(difference, [25, 75], axis=1), axis=0))
    return np.array(width)

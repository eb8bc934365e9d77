import numpy as np
import pytest
from astropy.cosmology import FlatLambdaCDM

from skytract.pipelines.simulate.objects import empty
from skytract.pipelines.simulate.tables import truth_objects
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.transients import RATES, draw_transients, event_rates
from skytract.pipelines.simulate.variability.distances import distance_modulus
from skytract.pipelines.simulate.variability.kinds import kind_index

HOST = np.dtype(
    [(name, "f8") for name in ("flux", "redshift", "diskScale", "axisRatio", "positionAngle")]
)


def hosts(number, magnitude=21.5, redshift=0.41):
    rows = np.zeros(number, HOST)
    rows["flux"], rows["redshift"] = 10.0 ** (0.4 * (31.4 - magnitude)), redshift
    rows["diskScale"], rows["axisRatio"], rows["positionAngle"] = 1.0, 0.25, 90.0
    return rows


def test_distances_are_those_of_the_cosmology():
    redshift = np.array([0.002, 0.03, 0.5, 2.0, 6.0])
    expected = FlatLambdaCDM(H0=70.0, Om0=0.3).distmod(redshift).value
    np.testing.assert_allclose(distance_modulus(redshift), expected, atol=1e-5)


def test_rate_per_volume_is_the_observed_one():
    """Of the luminosity density in B nearby, 1.4e8 L_sun/Mpc^3 for h = 0.7 (Norberg et al. 2002).

    Volumetric rates: Ia 2.5 to 3.0e-5 /yr/Mpc^3 (Dilday et al. 2010; Li et al. 2011), core collapse
    7e-5 +- 30 % (Li et al. 2011, MNRAS 412, 1473).
    """
    redshift = np.array([0.01])
    # A galaxy of 10^10 L_sun in B: M_B(AB) = 5.31 - 25.
    magnitude = 5.31 - 25.0 + distance_modulus(redshift) - 2.5 * np.log10(1.01)
    rate = event_rates(10.0 ** (0.4 * (31.4 - magnitude)), redshift)[0] * 1.01 * 0.014
    assert rate[0] == pytest.approx(2.7e-5, rel=0.25)
    assert rate[1] + rate[2] == pytest.approx(7.0e-5, rel=0.30)


def test_number_of_events_is_rate_times_time():
    rows = hosts(100000)
    events, host, _, _ = draw_transients(np.random.default_rng(1), rows)
    expected = event_rates(rows["flux"][:1], rows["redshift"][:1])[0] * 5000.0 / 365.25 * 100000
    for rate, number in zip(RATES, expected, strict=True):
        found = np.sum(events["varKind"] == kind_index(rate.kind))
        # At most one per host: a Poisson number is cut by half its mean per host.
        assert found == pytest.approx(number, rel=0.05, abs=4.0 * np.sqrt(number))
    assert np.all(np.diff(host) >= 0)


def test_events_follow_the_light_of_their_hosts():
    """Exponential disk: half of the light within 1.678 scale lengths; east-west, axis ratio 1/4."""
    events, _, east, north = draw_transients(np.random.default_rng(1), hosts(40000), boost=50.0)
    nuclear = events["varKind"] == kind_index("tidalDisruption")
    assert np.all(east[nuclear] == 0.0) and np.all(north[nuclear] == 0.0)
    radius = np.hypot(east, 4.0 * north)[~nuclear]
    assert np.median(radius) == pytest.approx(1.678, rel=0.03)
    assert np.std(north) / np.std(east) == pytest.approx(0.25, rel=0.05)


def test_a_host_keeps_its_events_whatever_other_hosts_there_are():
    rows = hosts(3000)
    many = draw_transients(np.random.default_rng(1), rows, boost=30.0)
    few = draw_transients(np.random.default_rng(1), rows[:500], boost=30.0)
    kept = many[1] < 500
    assert few[0].tobytes() == many[0][kept].tobytes()
    for column in (1, 2, 3):
        np.testing.assert_array_equal(few[column], many[column][kept])


def test_brightest_type_ia_at_half_redshift_is_as_published():
    """At z = 0.5 SNe Ia peak near r = 22.7 (AB; Astier et al. 2006, fig. 1, i about 22.4)."""
    events, _, _, _ = draw_transients(np.random.default_rng(1), hosts(20000, redshift=0.5), 30.0)
    ia = events[events["varKind"] == kind_index("supernovaIa")]
    median = 31.4 - 2.5 * np.log10(np.median(ia["flux"]))
    assert median == pytest.approx(22.75, abs=0.3)


def test_stars_and_no_hosts_have_no_events():
    assert len(draw_transients(np.random.default_rng(1), hosts(500, redshift=0.0), 100.0)[0]) == 0
    assert len(draw_transients(np.random.default_rng(1), hosts(0))[0]) == 0


def test_the_truth_of_an_event_is_its_light_at_maximum():
    """Type Ia nearby: B-V = -0.07, hence g-r = -0.29 (Jester et al. 2005); no UV at z = 0.5.

    Flux in r is the mean over the passband, 500 nJy are those at 622 nm.
    """
    events = empty(2, "transient")
    events["sed"], events["flux"] = templates().grids["transient"].start, 500.0
    events["varKind"], events["epochOfMax"] = kind_index("supernovaIa"), 61000.0
    events["varParams"][:, 0], events["varParams"][:, 1] = [0.01, 0.5], 1.0
    truth = truth_objects(events)
    magnitude = {band: -2.5 * np.log10(truth[f"{band}_flux"]) for band in "ugri"}
    np.testing.assert_allclose(truth["r_flux"], 500.0, rtol=0.03)
    assert magnitude["g"][0] - magnitude["r"][0] == pytest.approx(-0.29, abs=0.15)
    assert magnitude["u"][1] - magnitude["r"][1] > 1.5

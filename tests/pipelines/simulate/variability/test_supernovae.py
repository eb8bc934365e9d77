import numpy as np
import pytest

from skytract.pipelines.simulate.transients import RATES, bright_events
from skytract.pipelines.simulate.variability.kinds import TRANSIENTS, WAVELENGTH, kind_index
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.supernovae import rest_magnitudes
from tests.pipelines.simulate.variability.rows import one_kind, with_ids

B, V, R, I = 440.0, 550.0, 650.0, 800.0  # noqa: E741 the bands' names


def magnitude(kind, wavelength, phase):
    phase = np.asarray(phase, np.float64)
    return rest_magnitudes(kind_index(kind), np.full(phase.shape, wavelength), phase)


def decline(kind, wavelength, start, days):
    first, last = magnitude(kind, wavelength, [start, start + days])
    return last - first


def test_type_ia_is_the_fiducial_one():
    """dm15(B) = 1.1 (Phillips 1993); rise 17.4 to 19.5 d (Hayden 2010, Riess 1999).

    The template of stretch 1 is made of many supernovae, and slower than the fiducial one: 1.03.
    """
    assert decline("supernovaIa", B, 0.0, 15.0) == pytest.approx(1.1, abs=0.08)
    # dm15(V) = 0.6 to 0.7 from its own maximum, 2 d after B (Hamuy et al. 1996, AJ 112, 2438).
    assert decline("supernovaIa", V, 2.0, 15.0) == pytest.approx(0.65, abs=0.08)
    phase = np.arange(-25.0, 60.0, 0.5)
    seen = phase[np.isfinite(magnitude("supernovaIa", B, phase))]
    assert 17.0 < -seen[0] < 20.0
    assert phase[np.argmin(magnitude("supernovaIa", B, phase))] == pytest.approx(0.0, abs=1.0)
    # The second maximum in I comes 20 to 30 d after the first (Hamuy et al. 1996).
    late = np.arange(14.0, 45.0, 0.5)
    assert 20.0 < late[np.argmin(magnitude("supernovaIa", I, late))] < 30.0
    # Late B: 0.015 mag/d (Leibundgut et al. 1991).
    assert decline("supernovaIa", B, 100.0, 50.0) / 50.0 == pytest.approx(0.015, abs=0.003)


def test_type_ia_has_the_colours_at_maximum_of_real_ones():
    """B-V = -0.07, V-I = -0.32, Vega, each at its maximum (Phillips et al. 1999, AJ 118, 1766).

    AB less Vega magnitudes: B -0.09, V 0.02, I 0.45 (Blanton & Roweis 2007).
    """
    phase = np.arange(-8.0, 8.0, 0.5)
    blue, visual, infrared = (magnitude("supernovaIa", band, phase).min() for band in (B, V, I))
    assert blue + 0.09 - (visual - 0.02) == pytest.approx(-0.07, abs=0.06)
    assert visual - 0.02 - (infrared - 0.45) == pytest.approx(-0.32, abs=0.08)


def test_core_collapse_declines_are_the_published_ones():
    # dm15(R) = 0.6 to 0.7, dm15(V) = 0.9 of stripped envelopes (Drout et al. 2011).
    assert decline("supernovaIbc", R, 3.0, 15.0) == pytest.approx(0.65, abs=0.12)
    assert decline("supernovaIbc", V, 1.5, 15.0) == pytest.approx(0.9, abs=0.12)
    # II-P: plateau in V of about 100 d from explosion, then 2 mag down; tail 0.0098 mag/d of 56Co.
    assert abs(decline("supernovaII", V, 5.0, 75.0)) < 0.6
    assert decline("supernovaII", V, 90.0, 30.0) == pytest.approx(1.9, abs=0.4)
    assert decline("supernovaII", R, 150.0, 100.0) / 100.0 == pytest.approx(0.0098, abs=0.001)


def test_disruption_falls_with_time_to_the_minus_five_thirds():
    flux = 10.0 ** (-0.4 * magnitude("tidalDisruption", B, [100.0, 390.0]))
    assert np.log(flux[1] / flux[0]) / np.log((390.0 + 35.0) / 135.0) == pytest.approx(-5 / 3, 0.01)


@pytest.mark.parametrize("kind", TRANSIENTS)
def test_time_runs_slower_and_light_is_redder_at_higher_redshift(kind):
    """At 1 + z = 2 the band at 2 x lambda shows at phase 2 t what lambda shows nearby at t."""
    near, far = (one_kind(kind, 1, [z, 1.0]) for z in (0.0, WAVELENGTH[5] / WAVELENGTH[1] - 1.0))
    near["epochOfMax"] = far["epochOfMax"] = 60000.0
    stretch = WAVELENGTH[5] / WAVELENGTH[1]
    zero = [modulation(near, 60000.0, 1), modulation(far, 60000.0, 5)]
    for phase in (-5.0, 10.0, 33.3):
        blue = modulation(near, 60000.0 + phase, 1) / zero[0]
        red = modulation(far, 60000.0 + stretch * phase, 5) / zero[1]
        np.testing.assert_allclose(red, blue, rtol=1e-6)  # varParams are float4
    assert modulation(near, 60000.0, 2) == pytest.approx([1.0])
    assert modulation(near, 59000.0, 2) == 0.0


def test_a_nearby_type_ia_has_the_apparent_magnitude_of_its_distance():
    """SN 2011fe, z = 0.0016 at 29.04 mag (Shappee & Stanek 2011), reached B = 9.9."""
    draws = np.full((1, 3), 0.5)
    event = with_ids(bright_events(RATES[0], np.array([0.01]), draws))
    # m - M = 33.17 at z = 0.01 with h = 0.7: B = 13.92; B - R = 0.0 to 0.1 (Vega) at maximum.
    assert 31.4 - 2.5 * np.log10(event["flux"][0]) == pytest.approx(13.92 + 0.2, abs=0.25)

import io
import tarfile

import numpy as np
import pytest
from astropy.timeseries import LombScargle

from skytract.pipelines.simulate import variables
from skytract.pipelines.simulate.objects import EPOCH_MJD
from skytract.pipelines.simulate.templates import standard_fluxes

PHASE = np.linspace(0.0, 1.0, 20001)


@pytest.mark.parametrize("kind", list(variables.TEMPLATES))
def test_templates_have_unit_amplitude_and_period_one(kind):
    template = variables.TEMPLATES[kind]
    curve = template(PHASE)
    assert np.ptp(curve) == pytest.approx(1.0, abs=1e-3)
    np.testing.assert_allclose(template(PHASE + 3.0), curve, atol=1e-9)


def test_rr_lyrae_rises_fast_and_is_brightest_at_phase_zero():
    curve = variables.rr_lyrae(PHASE)
    assert min(PHASE[np.argmin(curve)], 1.0 - PHASE[np.argmin(curve)]) < 0.002
    # Rise takes 0.12 to 0.2 of the period in RRab stars (Smith 1995, section 1.2).
    assert 0.12 < 1.0 - PHASE[np.argmax(curve)] < 0.20


def test_rr_lyrae_template_folds_real_light_curves(shared_data):
    """RRab of Stripe 82 (Sesar et al. 2010), folded with their published periods and epochs."""
    stars = published(shared_data)
    residuals = []
    with tarfile.open(shared_data("s82_rrlyrae", "table1.tar.gz")) as archive:
        for star in stars[stars["type"] == "ab"]:
            member = archive.extractfile(f"table1/{star['id']}.dat")
            assert member is not None
            time, magnitude = np.loadtxt(io.BytesIO(member.read()))[:, 5:7].T
            good = (magnitude > 0.0) & (magnitude < 30.0)
            phase = (time[good] - star["gE"]) / star["P"]
            off = magnitude[good] / star["gA"] - variables.rr_lyrae(phase % 1.0)
            residuals.append(off - np.median(off))
    scatter = 1.4826 * np.median(np.abs(np.concatenate(residuals)))
    assert scatter < 0.10  # of an amplitude; a sine leaves 0.19
    assert len(residuals) == 70


def test_rr_lyrae_periods_amplitudes_and_colours_are_real(shared_data):
    stars = published(shared_data)
    stars = stars[stars["type"] == "ab"]
    drawn = variables.draw_rr_lyrae(np.random.default_rng(1), 4000)
    assert np.median(drawn["period"]) == pytest.approx(np.median(stars["P"]), abs=0.02)
    amplitude = drawn["varParams"]
    assert np.median(amplitude[:, 1]) == pytest.approx(np.median(stars["gA"]), abs=0.1)
    for index, band in enumerate("ugriz"):
        ratio = np.median(stars[f"{band}A"] / stars["gA"])
        assert amplitude[0, index] / amplitude[0, 1] == pytest.approx(ratio, abs=0.02)
    # The table gives magnitudes at maximum; the template's mean lies this far below it.
    mean = np.mean(variables.rr_lyrae(PHASE)) - variables.rr_lyrae(np.zeros(1))[0]
    observed = {b: stars[f"{b}0"] + mean * stars[f"{b}A"] for b in "ugriz"}
    ours = -2.5 * np.log10(standard_fluxes(drawn)[0])
    for k, colour in enumerate(("gr", "ri", "iz"), start=1):
        expected = np.median(observed[colour[0]] - observed[colour[1]])
        assert ours[k] - ours[k + 1] == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("kind", ["rrLyrae", "eclipsing", "sinusoidal"])
def test_light_curve_has_the_stated_period_amplitude_and_mean(kind):
    rng = np.random.default_rng(8)
    draw = variables.draw_rr_lyrae(rng, 1) if kind == "rrLyrae" else None
    star = variables.draw_grey(rng, 1, kind) if draw is None else draw
    band, period = 2, float(star["period"][0])
    times = EPOCH_MJD + np.linspace(0.0, period, 4001)[:-1]
    flux = variables.fluxes_at(np.repeat(star, len(times)), times, band)
    amplitude = 2.5 * np.log10(flux.max() / flux.min())
    assert amplitude == pytest.approx(star["varParams"][0, band], rel=2e-3)
    assert flux.mean() == pytest.approx(standard_fluxes(star)[0, band], rel=1e-4)
    # Blind: a periodogram of 400 random times finds the period; of two eclipses, half of it.
    times = EPOCH_MJD + rng.uniform(0.0, 50.0, 400)
    flux = variables.fluxes_at(np.repeat(star, len(times)), times, band)
    terms, fraction = {"sinusoidal": (1, 1.0), "rrLyrae": (4, 1.0), "eclipsing": (4, 0.5)}[kind]
    frequency = np.arange(0.3, 11.0, 0.004)
    power = LombScargle(times, flux, nterms=terms).power(frequency)
    assert 1.0 / frequency[np.argmax(power)] == pytest.approx(period * fraction, rel=0.01)


def test_constant_objects_keep_their_flux():
    star = variables.draw_grey(np.random.default_rng(1), 1, "sinusoidal")
    star["varKind"] = 0
    assert variables.fluxes_at(star, 60123.4, 1)[0] == standard_fluxes(star)[0, 1]


def published(shared_data):
    return np.genfromtxt(
        shared_data("s82_rrlyrae", "table2.dat"), names=True, dtype=None, encoding="utf-8"
    )

import gzip
import io
import tarfile

import astropy.units as u
import numpy as np
import pandas as pd
import pytest
from astropy.timeseries import LombScargle
from speclite.filters import load_filters

from skytract.pipelines.simulate.templates import stars_of_colour, templates
from skytract.pipelines.simulate.variability.kinds import PULSATORS
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.pulsators import POPULATIONS, pulsating_stars
from skytract.pipelines.simulate.variability.templates import BAND_AMPLITUDES
from skytract.udf.calibration.spectra import WAVELENGTH
from tests.pipelines.simulate.variability.rows import with_ids

CYCLE = np.arange(4096) / 4096.0


def drawn(kind, number, seed=3):
    return with_ids(pulsating_stars(kind, np.random.default_rng(seed).random((number, 5))))


def curve(star, band, phase=CYCLE):
    """Magnitudes of one star against phase."""
    times = star["epochOfMax"] + phase * star["period"]
    return -2.5 * np.log10(modulation(np.repeat(star, len(phase)), times, band))


@pytest.mark.parametrize("kind", PULSATORS)
def test_amplitude_mean_and_epoch_are_those_stated(kind):
    for star in drawn(kind, 4):
        for band in range(6):
            magnitude = curve(star, band)
            amplitude = star["varParams"][1] * BAND_AMPLITUDES[kind][band]
            assert np.ptp(magnitude) == pytest.approx(amplitude, rel=2e-3)
            # Mean flux 1: interpolation in the table of means is good to 1e-5 per 0.02 mag step.
            assert np.mean(10.0 ** (-0.4 * magnitude)) == pytest.approx(1.0, abs=1e-4)
        green = curve(star, 1)
        assert np.argmin(green) in (0, 1, 4095)
        assert curve(star, 1, np.array([1e4])) == pytest.approx(green[:1], abs=1e-6)


def test_rr_lyrae_shapes_are_those_of_real_light_curves(shared_data):
    """Stripe 82, folded with published periods and epochs: every band, both types.

    A template of Sesar et al. (2010) itself leaves the cycle-to-cycle scatter and errors of about
    0.03 of the amplitude in gri; a sine leaves five times as much for RRab.
    """
    largest = {"ab": [0.09, 0.055, 0.055, 0.07, 0.09], "c": [0.16, 0.13, 0.13, 0.16, 0.20]}
    for type_, kind in (("ab", "rrLyraeAb"), ("c", "rrLyraeC")):
        residuals = [[], [], [], [], []]
        for star, observations in real_rr_lyrae(shared_data, type_):
            ours = drawn(kind, 200)
            member = ours[np.abs(ours["varParams"][:, 1] - star["gA"]).argmin()]
            member["varParams"][1] = star["gA"]
            for band, (time, magnitude) in enumerate(observations):
                if len(time) < 10:
                    continue
                phase = (time - star["gE"]) / star["P"]
                off = magnitude - curve(member, band, phase)
                residuals[band].append((off - np.median(off)) / star[f"{'ugriz'[band]}A"])
        for band in range(5):
            scatter = 1.4826 * np.median(np.abs(np.concatenate(residuals[band])))
            assert scatter < largest[type_][band], (type_, band)


@pytest.mark.parametrize(("type_", "kind"), [("ab", "rrLyraeAb"), ("c", "rrLyraeC")])
def test_rr_lyrae_periods_and_amplitudes_are_those_of_stripe_82(shared_data, type_, kind):
    stars = published(shared_data)
    stars = stars[stars["type"] == type_]
    ours = drawn(kind, 4000)
    for level in (16, 50, 84):  # of 70 and 23 stars: their percentiles are uncertain by 0.3 sigma
        period = np.percentile(stars["P"], level)
        assert np.percentile(ours["period"], level) == pytest.approx(period, abs=0.02)
        amplitude = np.percentile(stars["gA"], level)
        assert np.percentile(ours["varParams"][:, 1], level) == pytest.approx(amplitude, abs=0.1)
    for index, band in enumerate("ugriz"):
        ratio = np.median(stars[f"{band}A"] / stars["gA"])
        assert BAND_AMPLITUDES[kind][index] == pytest.approx(ratio, abs=0.02)


@pytest.mark.parametrize(("type_", "kind"), [("ab", "rrLyraeAb"), ("c", "rrLyraeC")])
def test_mean_colours_of_rr_lyrae_are_those_of_stripe_82(shared_data, type_, kind):
    """The table gives magnitudes at maximum light; our light curves say how far means are below.

    u-g is that of our spectrum through the passbands of SDSS: LSST's u, redder by 13 nm, sees more
    of the light beyond the Balmer jump, and its u-g of these stars is smaller by 0.15 mag.
    """
    ours, colours = drawn(kind, 60), []
    stars = published(shared_data)
    for star in stars[stars["type"] == type_]:
        member = ours[np.abs(ours["varParams"][:, 1] - star["gA"]).argmin()]
        below = []
        for band, letter in enumerate("ugr"):
            member["varParams"][1] = star[f"{letter}A"] / BAND_AMPLITUDES[kind][band]
            below.append(star[f"{letter}0"] - curve(member, band).min())  # magnitude 0: the mean
        colours.append(-np.diff(below))
    (population,) = [p for p in POPULATIONS if p.kind == kind]
    ug, gr = np.median(colours, axis=0)
    assert population.gr == pytest.approx(gr, abs=0.03)
    assert sdss_ug(stars_of_colour(np.array([population.gr]))[0]) == pytest.approx(ug, abs=0.1)


def sdss_ug(template):
    """Return u-g of a template in SDSS, by speclite; its spectrum is constant beyond its ends."""
    wavelength = np.concatenate([[290.0], WAVELENGTH, [1250.0]]) * u.nm
    f_nu = np.pad(templates().fNu[template].astype(float), 1, mode="edge") * u.nJy
    f_lambda = f_nu.to("erg / (s cm2 Angstrom)", u.spectral_density(wavelength))
    magnitudes = load_filters("sdss2010-u", "sdss2010-g").get_ab_magnitudes(f_lambda, wavelength)
    return float(magnitudes["sdss2010-u"][0] - magnitudes["sdss2010-g"][0])


def test_periods_and_amplitudes_are_those_of_linear(shared_data):
    """LINEAR's unfiltered amplitudes are near those in r (Sesar et al. 2013, AJ 146, 21)."""
    with gzip.open(shared_data("linear_variables", "LINEARattributesFinalApr2013.dat.gz")) as file:
        table = np.loadtxt(file)
    log_period, amplitude, kind = table[:, 6], table[:, 7], table[:, 12]
    for code, name in ((1, "rrLyraeAb"), (2, "rrLyraeC"), (6, "deltaScuti")):
        ours = drawn(name, 4000)
        here = kind == code
        median = np.median(10.0 ** log_period[here])
        assert np.median(ours["period"]) == pytest.approx(median, rel=0.1)
        red = ours["varParams"][:, 1] * BAND_AMPLITUDES[name][2]
        assert np.median(red) == pytest.approx(np.median(amplitude[here]), rel=0.25)


def test_cepheids_show_the_hertzsprung_progression_of_real_ones(shared_data):
    """R_21 and phi_21 in Hipparcos' photometry against those of the template of that period."""
    objects = pd.read_parquet(shared_data("richards2011_ogle_hip", "objects.parquet"))
    curves = pd.read_parquet(shared_data("richards2011_ogle_hip", "lc.parquet"))
    off = []
    for name in objects["id"][objects["cls"] == "Classical Cepheid"][:24]:
        one = curves[curves["id"] == name]
        time, magnitude = one["t"].to_numpy(), one["mag"].to_numpy()
        frequency = np.arange(0.04, 0.35, 1.5e-4)
        search = LombScargle(time, magnitude)
        power = search.power(frequency, method="fast", assume_regular_frequency=True)
        period = 1.0 / frequency[np.argmax(power)]
        if 8.0 < period < 12.0:  # around 10 d the second harmonic vanishes and its phase turns
            continue
        star = drawn("cepheid", 400)
        star = star[np.abs(np.log(star["period"] / period)).argmin()]
        ratio, phase = fourier_parameters(time / period, magnitude)
        ours = fourier_parameters(CYCLE, curve(star, 1))
        turn = (phase - ours[1] + np.pi) % (2.0 * np.pi) - np.pi
        off.append([ratio - ours[0], turn])
    assert len(off) >= 15
    assert np.all(np.median(np.abs(off), axis=0) < [0.06, 0.20])


def fourier_parameters(phase, magnitude):
    """Return R_21 and phi_21 of the sine series of order 4."""
    angle = 2.0 * np.pi * (phase % 1.0)[:, None] * np.arange(1, 5)
    design = np.hstack([np.ones((len(phase), 1)), np.sin(angle), np.cos(angle)])
    fit = np.linalg.lstsq(design, magnitude, rcond=None)[0]
    size, shift = np.hypot(fit[1:5], fit[5:]), np.arctan2(fit[5:], fit[1:5])
    return size[1] / size[0], shift[1] - 2.0 * shift[0]


def published(shared_data):
    path = shared_data("s82_rrlyrae", "table2.dat")
    return np.genfromtxt(path, names=True, dtype=None, encoding="utf-8")


def real_rr_lyrae(shared_data, type_):
    """Yield published rows and (time, magnitude) in ugriz of stars of a type."""
    stars = published(shared_data)
    with tarfile.open(shared_data("s82_rrlyrae", "table1.tar.gz")) as archive:
        for star in stars[stars["type"] == type_]:
            table = np.loadtxt(io.BytesIO(archive.extractfile(f"table1/{star['id']}.dat").read()))
            bands = table[:, 2:].reshape(len(table), 5, 3)
            good = (bands[:, :, 1] > 0.0) & (bands[:, :, 1] < 30.0) & (bands[:, :, 2] < 0.1)
            yield star, [bands[good[:, k], k, :2].T for k in range(5)]

"""Bin averages and mean fluxes: exact integrals, and speclite's own synthetic photometry."""

import numpy as np
import pytest
from astropy import units
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from speclite import filters

from skytract.loaders.package_data import read_filter
from skytract.loaders.passband_library import read_standard_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.spectra import (
    SPECTRUM,
    WAVELENGTH,
    ab_magnitudes,
    bin_average,
    extend,
    mean_fluxes,
)


@given(
    st.lists(st.floats(250.0, 1150.0), min_size=2, max_size=12, unique=True).map(sorted),
    st.randoms(use_true_random=False),
)
def test_averages_conserve_the_integral(nodes, random):
    nodes = np.array(nodes)
    if np.diff(nodes).min() < 1e-3:
        return
    values = np.array([random.uniform(-1.0, 1.0) for _ in nodes])
    inside = np.clip(nodes, 299.5, 1100.5)
    steps = np.unique(np.concatenate([nodes, inside]))
    steps = steps[(steps >= 299.5) & (steps <= 1100.5)]
    expected = np.trapezoid(np.interp(steps, nodes, values), steps) if len(steps) > 1 else 0.0
    assert bin_average(nodes, values).sum() == pytest.approx(expected, abs=1e-9 * len(nodes) * 900)


def test_every_bin_is_its_own_integral():
    rng = np.random.default_rng(1)
    nodes = np.sort(rng.uniform(310.0, 1090.0, 300))
    values = rng.uniform(0.0, 1.0, 300)

    def curve(x):
        return np.interp(x, nodes, values, left=0.0, right=0.0)

    averages = bin_average(nodes, values)
    for k in (10, 100, 400, 789):
        kinks = [x for x in nodes if WAVELENGTH[k] - 0.5 < x < WAVELENGTH[k] + 0.5]
        integral = quad(
            curve, WAVELENGTH[k] - 0.5, WAVELENGTH[k] + 0.5, points=kinks or None, epsabs=1e-12
        )[0]
        assert averages[k] == pytest.approx(integral, abs=1e-10)


def test_several_curves_at_once():
    nodes, values = np.linspace(300.0, 1100.0, 50), np.random.default_rng(2).random((2, 3, 50))
    together = bin_average(nodes, values)
    assert together.shape == (2, 3, 801)
    np.testing.assert_array_equal(together[1, 2], bin_average(nodes, values[1, 2]))


def test_wavelengths_must_increase():
    with pytest.raises(ValueError, match="wavelengths must increase"):
        bin_average([500.0, 400.0], [1.0, 1.0])


def test_extended_curves_are_constant_to_both_ends():
    averages = bin_average(*extend([500.0, 600.0], [2.0, 3.0]))
    assert averages[[0, 800]].tolist() == [2.0, 3.0]


def test_a_stored_spectrum_is_3204_bytes():
    assert SPECTRUM.itemsize == 3204


def test_flat_spectra_are_their_own_mean_and_means_are_linear():
    _, throughput = read_standard_passbands()
    flat = mean_fluxes(np.full(801, 7.0), throughput)
    np.testing.assert_allclose(flat, 7.0, rtol=1e-14)  # sums of 801 terms: some 1e-15
    one, other = np.random.default_rng(3).random((2, 801))
    np.testing.assert_allclose(
        mean_fluxes(2.0 * one + other, throughput),
        2.0 * mean_fluxes(one, throughput) + mean_fluxes(other, throughput),
        rtol=1e-13,
    )


def test_magnitudes_have_the_zero_point_of_oke_and_gunn():
    # f_nu = 3630.78 Jy is AB = 0: 10^(-48.6/2.5) erg / (s cm2 Hz), Oke & Gunn 1983.
    njy = (10 ** (-0.4 * 48.6) * units.Unit("erg / (s cm2 Hz)")).to_value("nJy")
    assert abs(ab_magnitudes(njy)) < 1e-12


def test_synthetic_magnitudes_are_speclites_own():
    # Both get the same spectra: constant within a bin of 1 nm, with steps of 0.02 nm between. Its
    # AB magnitudes have 3631 Jy for 3630.78, which is 0.066 mmag.
    library = read_sed_library()
    chosen = np.linspace(0, len(library.name) - 1, 20).astype(int)
    bands, throughput = read_standard_passbands()
    group = filters.load_filters(*(f"lsst2023-{band}" for band in bands))
    nodes = np.sort(np.concatenate([WAVELENGTH - 0.49, WAVELENGTH + 0.49])) * units.nm
    f_nu = np.repeat(library.fNu[chosen].astype(float), 2, axis=1) * units.nJy
    f_lambda = f_nu.to("erg / (s cm2 Angstrom)", units.spectral_density(nodes))
    theirs = group.get_ab_magnitudes(f_lambda, nodes)
    ours = ab_magnitudes(mean_fluxes(library.fNu[chosen], throughput))
    for k, band in enumerate(bands):
        offset = 2.5 * np.log10(3631.0 / 3630.7805)
        np.testing.assert_allclose(ours[:, k], theirs[f"lsst2023-{band}"] - offset, atol=1e-4)


@pytest.mark.parametrize("band", "ugrizy")
def test_synthetic_magnitudes_are_synphots(band: str) -> None:
    """Of 20 spectra, to 0.1 mmag; it integrates over curves as they are sampled, every 0.1 nm."""
    synphot = pytest.importorskip("synphot", reason="install.sh installs it for its spectra")
    library = read_sed_library()
    chosen = np.linspace(0, len(library.name) - 1, 20).astype(int)
    bands, throughput = read_standard_passbands()
    empirical = synphot.models.Empirical1D
    nodes = np.sort(np.concatenate([WAVELENGTH - 0.4999, WAVELENGTH + 0.4999])) * units.nm
    at, response = read_filter("lsst2023", band)
    curve = synphot.SpectralElement(empirical, points=at * units.nm, lookup_table=response)
    ours = ab_magnitudes(mean_fluxes(library.fNu[chosen], throughput[[bands.index(band)]]))
    for number, expected in zip(chosen, ours[:, 0], strict=True):
        steps = np.repeat(library.fNu[number].astype(float), 2) * units.nJy
        star = synphot.SourceSpectrum(empirical, points=nodes, lookup_table=steps)
        seen = synphot.Observation(star, curve, binset=curve.waveset, force="taper")
        assert seen.effstim("abmag").value == pytest.approx(expected, abs=1e-4)


def test_bins_of_one_nm_are_fine_enough_for_chromatic_terms():
    # Against integrals over the curves as they are sampled. Left out are what no smooth spectrum
    # has within a bin: noise of M dwarfs in u, emission lines of galaxies among the lines of water.
    library = read_sed_library()
    bands, throughput = read_standard_passbands()
    fine = np.arange(300.0, 1100.0, 0.02)
    smooth = [subtype[0] != "M" for subtype in library.subtype]
    stars = [k for k, kind in enumerate(library.kind) if kind != "galaxy" and smooth[k]]
    spectra = np.stack([np.interp(fine, *library.nodes[k]) for k in stars])
    reference = library.index("pickles1998_G2V")
    for k, band in enumerate(bands):
        weights = np.interp(fine, *read_filter("lsst2023", band), left=0.0, right=0.0) / fine
        exact = spectra @ (weights / weights.sum())
        ours = mean_fluxes(library.fNu[stars], throughput[[k]])[:, 0]
        ratio = -2.5 * np.log10(ours / exact)
        chromatic = ratio - ratio[stars.index(reference)]
        assert np.abs(chromatic).max() < 3e-4, band

"""Counts are integrals of spectrum x observed passband: against the integral written out."""

import numpy as np
import pytest

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.passband_library import (
    read_instrument_passbands,
    read_standard_passbands,
)
from skytract.pipelines.simulate.catalog import scene, throughput
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.targets import Targets
from skytract.pipelines.simulate.catalog.variation import Light
from skytract.pipelines.simulate.catalog.visits import AEROSOL_EXPONENT, VISIT, plan_visits
from skytract.pipelines.simulate.objects import empty
from skytract.pipelines.simulate.templates import standard_fluxes, templates
from skytract.udf.calibration.atmosphere import STANDARD, transmission
from skytract.udf.calibration.refraction import mean_refraction
from skytract.udf.calibration.spectra import WAVELENGTH

PLAN = CatalogPlan(seed=2, visits=6, detectors=5)
AIR = ("airmass", "pressure", "pwv", "ozone", "aerosol")
PLANCK, AREA = 6.62607015e-34, np.pi / 4.0 * 6.423**2


@pytest.fixture(scope="module")
def spectra():
    return throughput.Spectra.read(np.arange(len(templates().names)))


def standard_visit(band, exposure):
    visit = np.zeros(1, VISIT)[0]
    visit["band"], visit["expTime"] = band, exposure
    for name, value in zip(AIR, STANDARD, strict=False):
        visit[name] = value
    return visit


def test_counts_are_the_integral(spectra):
    visit = plan_visits(PLAN)[3]
    response = throughput.respond(PLAN, visit, spectra)
    image = take_images(PLAN, visit, response).part(4, 5)
    stars = empty(20, "star")
    rng = np.random.default_rng(1)
    stars["sed"] = rng.integers(0, len(templates().names), 20)
    stars["flux"] = rng.uniform(1e3, 1e6, 20)
    stars["companionSed"][::2] = 7
    stars["companionFlux"][::2] = 5e3
    nothing = np.zeros(0, int)
    none = Light(np.zeros(0), np.zeros(0), nothing, nothing)
    places = response.slot[stars["sed"]] + 4 * response.meanFlux.shape[1]
    seen, change, _ = scene.electrons(
        Targets.of(stars), np.arange(20), places, nothing, none, response
    )
    counts = seen / image.zMean
    _, curves = read_instrument_passbands()
    shift = throughput.passband_shifts(PLAN.seed, PLAN.detectors)[4]
    own = np.interp(WAVELENGTH - shift, WAVELENGTH, curves[visit["band"]])
    written = throughput.detector_passbands(PLAN.seed, PLAN.detectors)[visit["band"], 4]
    np.testing.assert_allclose(written, own, rtol=1e-12)
    air = transmission(*(visit[name] for name in AIR), AEROSOL_EXPONENT, read_line_depths())
    clouds = image.zMean[0] * response.electrons[4]  # gray: the same for every spectrum
    for star, ours in zip(stars, counts, strict=True):
        f_nu = star["flux"] * templates().fNu[star["sed"]].astype(float)
        if star["companionSed"] >= 0:
            f_nu += star["companionFlux"] * templates().fNu[star["companionSed"]]
        photons = sum(1e-35 * f_nu * own * air / (PLANCK * WAVELENGTH)) * AREA * visit["expTime"]
        assert ours == pytest.approx(photons / clouds, rel=1e-9)
    assert not change.any()


def test_under_standard_conditions_colours_are_standard(spectra, monkeypatch):
    monkeypatch.setattr(throughput, "DETECTOR_SHIFT", 0.0)
    monkeypatch.setattr(throughput, "EDGE_SHIFT", 0.0)
    plan = CatalogPlan(seed=987654, detectors=1)
    visit = standard_visit(3, 30.0)
    response = throughput.respond(plan, visit, spectra)
    stars = empty(len(templates().names), "star")
    stars["flux"], stars["sed"] = 1.0, np.arange(len(stars))
    # The atmosphere's numbers are float4 in a table of visits.
    expected = standard_fluxes(stars)[:, 3]
    np.testing.assert_allclose(response.meanFlux[0], expected, rtol=1e-6)
    _, curves = read_standard_passbands()
    lift = mean_refraction(spectra.fNu, curves[3:4], STANDARD.pressure, throughput.TEMPERATURE)
    mas = np.degrees(response.refraction[0]) * 3.6e6
    np.testing.assert_allclose(mas, (lift[:-1] - lift[-1])[:, 0], atol=1e-2)
    assert len(spectra.fNu) == len(stars) + 1


def test_zero_points_are_the_telescopes(spectra):
    # R. L. Jones, SMTN-002: AB magnitude of 1 e-/s at airmass 1; here at 1.2 and without clouds.
    for band, expected in zip("ugrizy", (26.52, 28.51, 28.36, 28.17, 27.78, 26.82), strict=True):
        visit = standard_visit("ugrizy".index(band), 1.0)
        response = throughput.respond(CatalogPlan(seed=2), visit, spectra)
        zero_point = 31.4 + 2.5 * np.log10(response.electrons[0])
        assert zero_point == pytest.approx(expected, abs=0.15)

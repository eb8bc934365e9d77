"""Counts and places of what varies are integrals of its spectrum of that time, written out."""

from dataclasses import dataclass, replace
from typing import Any

import healpy
import numpy as np
import pytest

from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.simulate.catalog import positions, throughput
from skytract.pipelines.simulate.catalog.camera import field_radius
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import look
from skytract.pipelines.simulate.catalog.sky_table import (
    TEMPLATE_MJD,
    SkyTable,
    template_modulation,
    write_sky,
)
from skytract.pipelines.simulate.catalog.take_images import take_images
from skytract.pipelines.simulate.catalog.variation import Variation
from skytract.pipelines.simulate.catalog.visits import plan_visits
from skytract.pipelines.simulate.fluxes import spectra_at
from skytract.pipelines.simulate.objects import POSITION_ORDER, empty, place
from skytract.pipelines.simulate.sites import zenith
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.variability.kinds import TRANSIENTS, kind_index
from skytract.pipelines.simulate.variability.supernovae import rest_magnitudes
from skytract.udf.calibration.refraction import refractivity
from skytract.udf.calibration.spectra import WAVELENGTH

PLAN = CatalogPlan(seed=12, ra=150.0, dec=2.0, visits=12, detectors=9, radius=0.05, bands="ugrizy")
VISITS = plan_visits(PLAN)
EACH = 40
REDSHIFTS, PHASES = (0.03, 0.31, 0.9), (-9.0, 0.3, 25.0, 130.0)


def scattered(objects):
    """Give objects ids and positions within 0.2 deg of the middle of the survey."""
    rng = np.random.default_rng(4)
    ra, dec = rng.uniform(-0.2, 0.2, (2, len(objects)))
    at = (150.0 + ra / np.cos(np.radians(2.0)), 2.0 + dec)
    return place([objects], [healpy.ang2pix(1 << POSITION_ORDER, *at, nest=True, lonlat=True)])


def events():
    """Return transients of all kinds, redshifts and phases at the first visit, behind dust."""
    grid = np.meshgrid(range(len(TRANSIENTS)), REDSHIFTS, PHASES, range(3), indexing="ij")
    kind, redshift, phase, dust = (values.ravel() for values in grid)
    rows = empty(len(kind), "transient")
    rows["varKind"], rows["flux"] = kind + kind_index(TRANSIENTS[0]), 1e4
    rows["varParams"][:, 0], rows["varParams"][:, 1] = redshift, 1.1
    rows["epochOfMax"] = VISITS["expMidptMJD"][0] - 1.1 * (1.0 + redshift) * phase
    rows["sed"] = templates().grids["transient"].start + 2 * dust
    return rows


def binaries():
    rows = empty(EACH, "star")
    rows["varKind"], rows["flux"] = kind_index("eclipsing"), 1e4
    rows["period"], rows["epochOfMax"] = np.linspace(0.2, 1.9, EACH), 60000.0
    rows["varParams"] = [5.0, 4.0, 0.3, 0.25, 0.05, 0.0]
    rows["sed"] = np.linspace(0, templates().grids["early"].start - 1, EACH).astype(int)
    rows["companionSed"][::2], rows["companionFlux"][::2] = 9, 3e3
    return rows


@dataclass(frozen=True)
class Seen:
    """A visit of some objects, and what was seen of them."""

    visit: Any
    objects: Any
    images: Any
    scene: Any

    @property
    def seen(self):
        return self.objects[self.scene.row]

    def of(self, kinds):
        """Return what was seen of some kinds."""
        wanted = np.isin(self.seen["varKind"], [kind_index(kind) for kind in kinds])
        assert np.count_nonzero(wanted) > 5
        return replace(self, scene=self.scene.take(np.flatnonzero(wanted)))

    def photons(self):
        """Return S dl/l of the passband of every entry, atmosphere included, shape (n, 801)."""
        _, curves = read_instrument_passbands()
        shifts = throughput.passband_shifts(PLAN.seed, PLAN.detectors)
        own = [np.interp(WAVELENGTH - s, WAVELENGTH, curves[self.visit["band"]]) for s in shifts]
        return np.array(own)[self.scene.slot] * throughput.atmosphere(self.visit) / WAVELENGTH

    def counts(self, f_nu):
        """Return electrons of spectra, from those of a flat one of 1 nJy."""
        _, _, flat = positions.fall(self.images, self.plane(f_nu), self.scene.slot)
        return self.mean(f_nu) * flat / self.images.zMean[self.scene.slot]

    def mean(self, f_nu):
        photons = self.photons()
        return np.sum(f_nu * photons, axis=1) / photons.sum(axis=1)

    def lift(self, f_nu):
        """Return refraction against a G2V star, rad per tan z."""
        index = refractivity(WAVELENGTH, self.visit["pressure"], throughput.TEMPERATURE)
        library = read_sed_library()
        sun = library.fNu[library.index(throughput.REFERENCE_SED)].astype(float)
        photons = self.photons()
        own, other = (np.sum(f * photons * index, 1) / np.sum(f * photons, 1) for f in (f_nu, sun))
        return own - other

    def plane(self, f_nu):
        axes = self.images.axes
        vectors = axes @ healpy.ang2vec(self.seen["ra"], self.seen["dec"], lonlat=True).T
        up = axes @ zenith(self.visit["expMidptMJD"])[0]
        positions.refract(vectors, self.lift(f_nu), up)
        return positions.on_plane(vectors)


@pytest.fixture(scope="module")
def spectra():
    return throughput.Spectra.read(np.arange(len(templates().names)))


@pytest.fixture(scope="module", params=range(0, len(VISITS), 2))
def survey(request, spectra, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sky")
    objects = scattered(np.concatenate([events(), binaries()]))
    for _ in write_sky(folder, [(objects, template_modulation(objects))], lambda: None):
        pass
    visit, sky = VISITS[request.param], SkyTable.open(folder)
    variation = Variation.within(sky, spectra, visit, field_radius(PLAN.detectors))
    response = throughput.respond(PLAN, visit, spectra, variation.fNu)
    images = take_images(PLAN, visit, response)
    scene = look(sky, images, response, zenith(visit["expMidptMJD"])[0], variation)
    return Seen(visit, objects, images, scene)


def written_out(event, mjd):
    """Return the spectrum of a transient, wavelength by wavelength, behind its dust."""
    redshift, stretch = event["varParams"][:2].astype(float)
    phase = (mjd - event["epochOfMax"]) / (1.0 + redshift) / stretch
    kind = int(event["varKind"])
    magnitudes = rest_magnitudes(
        kind, WAVELENGTH / (1.0 + redshift), np.full(len(WAVELENGTH), phase)
    )
    zero = rest_magnitudes(kind, np.array([622.0 / (1.0 + redshift)]), np.zeros(1))
    dust = templates().fNu[event["sed"]].astype(float)
    return event["flux"] * dust * 10.0 ** (-0.4 * (magnitudes - zero))


def test_transients_are_integrals_of_their_spectra(survey):
    shown, mjd = survey.of(TRANSIENTS), float(survey.visit["expMidptMJD"])
    now, before = (
        np.array([written_out(event, time) for event in shown.seen]) for time in (mjd, TEMPLATE_MJD)
    )
    counts = shown.counts(now)
    np.testing.assert_allclose(shown.scene.counts, counts, rtol=1e-6)
    change = counts * (1.0 - shown.mean(before) / shown.mean(now))
    np.testing.assert_allclose(shown.scene.change, change, rtol=1e-6)
    ours = spectra_at(shown.seen, mjd, int(survey.visit["band"]))
    np.testing.assert_allclose(ours, now, rtol=1e-9)


def test_transients_are_refracted_by_their_spectra(survey):
    shown, mjd = survey.of(TRANSIENTS), float(survey.visit["expMidptMJD"])
    now = np.array([written_out(event, mjd) for event in shown.seen])
    x, y, _ = positions.fall(shown.images, shown.plane(now), shown.scene.slot)
    np.testing.assert_allclose(shown.scene.x, x, rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(shown.scene.y, y, rtol=0.0, atol=1e-6)


def test_double_stars_are_integrals_of_both_spectra_at_that_time(survey):
    shown = survey.of(["eclipsing"])
    band = int(survey.visit["band"])
    now = spectra_at(shown.seen, float(survey.visit["expMidptMJD"]), band)
    np.testing.assert_allclose(shown.scene.counts, shown.counts(now), rtol=1e-6)
    x, y, _ = positions.fall(shown.images, shown.plane(now), shown.scene.slot)
    np.testing.assert_allclose(shown.scene.x, x, rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(shown.scene.y, y, rtol=0.0, atol=1e-6)

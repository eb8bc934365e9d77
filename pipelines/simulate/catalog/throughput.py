"""What each detector makes of each spectrum in a visit: exact integrals over 1 nm."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.simulate.catalog.camera import FIELD_RADIUS, layout
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.visits import AEROSOL_EXPONENT
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.templates import templates
from skytract.udf.calibration.atmosphere import transmission
from skytract.udf.calibration.refraction import MAS, refractivity
from skytract.udf.calibration.spectra import WAVELENGTH, photon_weights

ELECTRONS = 1e-35 / 6.62607015e-34 * np.pi / 4.0 * 6.423**2
"""Photons per s, nJy and unit of ln(wavelength): 1 nJy over Planck's constant (SI), times the
effective aperture of the LSST, 6.423 m across (Ivezic et al. 2019, table 1)."""

DETECTOR_SHIFT, EDGE_SHIFT = 1.0, -3.0
"""Rms of the passbands' shifts from detector to detector, and shift at the edge of the field where
filters are hit obliquely, nm (HSC's r moves by 4.4 nm)."""

TEMPERATURE = 10.0
"""Of the air [deg C]."""

REFERENCE_SED = "pickles1998_G2V"
"""Spectrum for which the WCS is right: others are refracted by more or less."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Response:
    """How the detectors of a visit respond to spectra f_nu; d detectors, T templates.

    Attributes
    ----------
    throughput
        Observed passbands, atmosphere included, shape (d, 801).
    electrons
        e- per nJy of a flat spectrum, without clouds and flat-field errors, shape (d,).
    skyElectrons
        The same without the atmosphere: sky brightness is that seen from the ground, shape (d,).
    meanFlux
        <F> = Int F S dl/l / Int S dl/l of templates of <F> = 1 in standard r, shape (T, d).
    refraction
        Lift toward the zenith relative to `REFERENCE_SED`, rad per tan z, shape (T, d).
    """

    throughput: Floats
    electrons: Floats
    skyElectrons: Floats
    meanFlux: Floats
    refraction: Floats


def respond(plan: CatalogPlan, visit: np.void, spectra: Floats) -> Response:
    """Return the response of all detectors in a visit.

    Parameters
    ----------
    plan
        The survey.
    visit
        Row of `VISIT`.
    spectra
        Of `read_spectra`, shape (T + 1, 801).
    """
    instrument = detector_passbands(plan.seed, plan.detectors)[visit["band"]]
    air = transmission(
        visit["airmass"],
        visit["pressure"],
        visit["pwv"],
        visit["ozone"],
        visit["aerosol"],
        AEROSOL_EXPONENT,
        read_line_depths(),
    )
    throughput = instrument * air
    scale = ELECTRONS * visit["expTime"]
    mean, lift = chromatic_means(spectra, throughput, float(visit["pressure"]))
    return Response(
        throughput,
        scale * np.sum(throughput / WAVELENGTH, axis=1),
        scale * np.sum(instrument / WAVELENGTH, axis=1),
        mean[:-1],
        (lift[:-1] - lift[-1]) / MAS,
    )


def chromatic_means(spectra: Floats, throughput: Floats, pressure: float) -> tuple[Floats, Floats]:
    """Return mean fluxes and mean refractions [mas per tan z] of spectra, shape (n, d) each.

    One matrix product gives both.
    """
    weights = photon_weights(throughput)
    index = MAS * refractivity(WAVELENGTH, pressure, TEMPERATURE)
    both = spectra @ np.concatenate([weights, weights * index]).T
    mean, lifted = np.split(both, 2, axis=1)
    return mean, lifted / mean


def read_spectra() -> Floats:
    """Return the templates and, last, the reference spectrum, shape (T + 1, 801)."""
    library = read_sed_library()
    reference = library.fNu[library.index(REFERENCE_SED)]
    return np.concatenate([templates().fNu, reference[None]]).astype(np.float64)


@cache
def detector_passbands(seed: int, detectors: int) -> Floats:
    """Return the passbands of every detector without atmosphere, shape (6, detectors, 801).

    Those of the standard system, shifted to the red by the detector's own shift and to the blue
    outwards, as interference filters are under oblique light.
    """
    _, curves = read_instrument_passbands()
    own = DETECTOR_SHIFT * generator(seed, Stream.CATALOG_CAMERA, 0).normal(size=189)[:detectors]
    radius = np.hypot(*layout(detectors).T) / FIELD_RADIUS
    shift = own + EDGE_SHIFT * radius**2
    return np.stack(
        [[np.interp(WAVELENGTH - s, WAVELENGTH, curve) for s in shift] for curve in curves]
    )

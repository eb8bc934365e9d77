"""What each detector makes of each spectrum in a visit: exact integrals over 1 nm."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from skytract.loaders.atmosphere_tables import read_line_depths
from skytract.loaders.passband_library import read_instrument_passbands
from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.simulate.catalog.camera import FIELD_RADIUS, layout
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.visits import AEROSOL_EXPONENT
from skytract.pipelines.simulate.plan import MAX_DETECTORS
from skytract.pipelines.simulate.randoms import Stream, generator
from skytract.pipelines.simulate.templates import templates
from skytract.udf.calibration.atmosphere import transmission
from skytract.udf.calibration.refraction import MAS, refractivity
from skytract.udf.calibration.spectra import WAVELENGTH

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
    """How the detectors of a visit respond to spectra f_nu; d detectors, U spectra.

    Attributes
    ----------
    throughput
        Observed passbands, atmosphere included, shape (d, 801).
    electrons
        e- per nJy of a flat spectrum, without clouds and flat-field errors, shape (d,).
    skyElectrons
        The same without the atmosphere: sky brightness is that seen from the ground, shape (d,).
    meanFlux
        <F> = Int F S dl/l / Int S dl/l of spectra of <F> = 1 in standard r, and then of those of
        transients, shape (d, U).
    refraction
        Lift toward the zenith relative to `REFERENCE_SED`, rad per tan z, shape (d, U).
    slot
        Place of every template in these two, shape (T,); only of those that are in use.
    """

    throughput: Floats
    electrons: Floats
    skyElectrons: Floats
    meanFlux: Floats
    refraction: Floats
    slot: NDArray[np.int64]


@dataclass(frozen=True)
class Spectra:
    """The spectra of a survey's objects.

    Attributes
    ----------
    fNu
        Those templates that are in use, and last `REFERENCE_SED`, shape (U + 1, 801).
    slot
        Row of every template, shape (T,); -1 for those that are not in use.
    ratios
        Mean flux of every template in the standard passbands ugrizy, shape (T, 6).
    """

    fNu: Floats
    slot: NDArray[np.int64]
    ratios: Floats

    @classmethod
    def read(cls, used: NDArray[np.integer]) -> "Spectra":
        """Read some of the templates, by their ascending numbers."""
        library, known = read_sed_library(), templates().fNu
        reference = library.fNu[library.index(REFERENCE_SED)]
        slot = np.full(len(known), -1)
        slot[used] = np.arange(len(used))
        f_nu = np.concatenate([known[used], reference[None]]).astype(np.float64)
        return cls(f_nu, slot, templates().ratios)

    def save(self, folder: Path) -> None:
        """Write them for workers."""
        self.fNu.tofile(folder / "spectra.bin")
        self.slot.tofile(folder / "slot.bin")
        self.ratios.tofile(folder / "ratios.bin")

    @classmethod
    def open(cls, folder: Path) -> "Spectra":
        """Read what `save` wrote."""
        f_nu, ratios = np.fromfile(folder / "spectra.bin"), np.fromfile(folder / "ratios.bin")
        slot = np.fromfile(folder / "slot.bin", np.int64)
        return cls(f_nu.reshape(-1, len(WAVELENGTH)), slot, ratios.reshape(len(slot), -1))


def respond(
    plan: CatalogPlan, visit: np.void, spectra: Spectra, transients: Floats | None = None
) -> Response:
    """Return the response of all detectors in a visit.

    A curve on a grid of 1 nm that is shifted by interpolation is a mixture of its shifts by whole
    nm, and so are its integrals: those few are computed for all spectra, by one matrix product.

    Parameters
    ----------
    plan
        The survey.
    visit
        Row of `VISIT`.
    spectra
        Of the objects.
    transients
        Spectra of this visit alone, shape (t, 801).
    """
    steps, mixture = _mixture(passband_shifts(plan.seed, plan.detectors))
    instrument = _shifted(steps)[visit["band"]]
    observed = instrument * atmosphere(visit)
    index = MAS * refractivity(WAVELENGTH, float(visit["pressure"]), TEMPERATURE)
    photons = observed / WAVELENGTH
    weights = np.concatenate([photons, photons * index]).T
    whole = spectra.fNu @ weights
    if transients is not None:
        whole = np.concatenate([whole[:-1], transients @ weights, whole[-1:]])
    flux, lifted = whole[:, : len(steps)] @ mixture, whole[:, len(steps) :] @ mixture
    lift = lifted / flux
    scale, norm = ELECTRONS * visit["expTime"], photons.sum(axis=1) @ mixture
    return Response(
        throughput=mixture.T @ observed,
        electrons=scale * norm,
        skyElectrons=scale * (np.sum(instrument / WAVELENGTH, axis=1) @ mixture),
        meanFlux=np.ascontiguousarray((flux[:-1] / norm).T),
        refraction=np.ascontiguousarray(((lift[:-1] - lift[-1]) / MAS).T),
        slot=spectra.slot,
    )


def atmosphere(visit: np.void) -> Floats:
    """Return the transmission of the air in a visit, shape (801,)."""
    return transmission(
        visit["airmass"],
        visit["pressure"],
        visit["pwv"],
        visit["ozone"],
        visit["aerosol"],
        AEROSOL_EXPONENT,
        read_line_depths(),
    )


def passband_shifts(seed: int, detectors: int) -> Floats:
    """Return by how much the passbands of every detector lie to the red, nm, shape (detectors,).

    Each by an amount of its own, and outwards to the blue, as interference filters do under
    oblique light.
    """
    own = generator(seed, Stream.CATALOG_CAMERA, 0).normal(size=MAX_DETECTORS)[:detectors]
    radius = np.hypot(*layout(detectors).T) / FIELD_RADIUS
    return np.asarray(DETECTOR_SHIFT * own + EDGE_SHIFT * radius**2)


def detector_passbands(seed: int, detectors: int) -> Floats:
    """Return the passbands of every detector without atmosphere, shape (6, detectors, 801)."""
    steps, mixture = _mixture(passband_shifts(seed, detectors))
    return np.asarray(np.einsum("bkl,kd->bdl", _shifted(steps), mixture))


def _mixture(shift: Floats) -> tuple[tuple[int, ...], Floats]:
    """Return whole shifts [nm] and how much of each is in every detector's, shape (K, d)."""
    low = np.floor(shift).astype(int)
    steps = tuple(range(low.min(), low.max() + 2))
    mixture = np.zeros((len(steps), len(shift)))
    detector = np.arange(len(shift))
    mixture[low - steps[0] + 1, detector] = shift - low
    mixture[low - steps[0], detector] = 1.0 - (shift - low)
    return steps, mixture


@cache
def _shifted(steps: tuple[int, ...]) -> Floats:
    """Return the standard passbands without atmosphere, shifted by whole nm, shape (6, K, 801)."""
    _, curves = read_instrument_passbands()
    return np.stack(
        [[np.interp(WAVELENGTH - step, WAVELENGTH, curve) for step in steps] for curve in curves]
    )

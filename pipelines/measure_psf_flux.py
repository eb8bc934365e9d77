"""PSF photometry: the flux of a point source at a fixed position (LDM-151 8.6.2.5)."""

from typing import NamedTuple

import numpy as np

from skytract.pipelines.exposure import BoolArray, Floats
from skytract.pipelines.psf import MoffatPsf
from skytract.pipelines.stamps import Stamps

MIN_WEIGHT = 0.5
"""Share of sum(p^2) that must lie on good pixels for the flux to be trusted."""


class PsfFluxes(NamedTuple):
    """Fluxes and errors [electron], each of shape (n,)."""

    flux: Floats
    flux_err: Floats
    flag: BoolArray


def measure_psf_flux(stamps: Stamps, psf: MoffatPsf) -> PsfFluxes:
    """Flux F = sum(p d) / sum(p^2) at the stamps' positions, over good pixels.

    The pixel variances do not weight the fit (LDM-151 8.6.2.5), so that a bright star and a
    faint one weigh the same pixels alike; they make the error sqrt(sum(p^2 v)) / sum(p^2).

    Parameters
    ----------
    stamps : Stamps, n of them
        Cut with `psf.half`; their `fx`, `fy` are the positions.
    psf : MoffatPsf

    Returns
    -------
    PsfFluxes
        Flagged where less than half the weight lies on good pixels; NaN where none does.
    """
    model = psf.stamps(stamps.fx, stamps.fy)
    full = np.square(model).sum(axis=(1, 2))
    model = np.where(stamps.good, model, 0.0)
    power = np.square(model).sum(axis=(1, 2))
    safe = np.where(power > 0, power, np.nan)
    flux = (model * stamps.data).sum(axis=(1, 2)) / safe
    flux_err = np.sqrt((model**2 * stamps.variance).sum(axis=(1, 2))) / safe
    return PsfFluxes(flux, flux_err, ~(power > MIN_WEIGHT * full))

"""The true spectrum of every object at a time, and its flux in the standard passbands."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.pipelines.simulate.objects import is_kind
from skytract.pipelines.simulate.templates import standard_fluxes, templates
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.transient_spectra import (
    transient_fluxes,
    transient_shapes,
)


def fluxes_at(objects: NDArray[np.void], mjd: ArrayLike, band: int) -> NDArray[np.float64]:
    """Return the true flux [nJy], shape (n,), at one time or one per object.

    An unresolved companion adds constant light; fluxes of transients are integrals of their spectra
    of that time.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    mjd
        MJD TAI at the observatory, without light-travel correction; scalar or shape (n,).
    band
        Index into ugrizy.
    """
    varying = objects["flux"] * templates().ratios[objects["sed"], band]
    change = varying * (modulation(objects, mjd, band) - 1.0)
    fluxes = standard_fluxes(objects)[:, band] + change
    events = np.flatnonzero(is_kind(objects, "transient"))
    times = np.broadcast_to(np.asarray(mjd, np.float64), objects.shape)
    fluxes[events] = transient_fluxes(objects[events], times[events])[:, band]
    return np.asarray(fluxes)


def spectra_at(objects: NDArray[np.void], mjd: ArrayLike, band: int) -> NDArray[np.float64]:
    """Return the true spectrum f_nu [nJy] in bins of 1 nm, shape (n, 801), as a band shows it.

    Transients have a spectrum of their own at every time, the same for all bands. What else varies
    has its mean spectrum, times the factor of its light curve in the band; companions are constant.
    Counts of a survey are the integrals of these spectra over the observed passbands.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    mjd
        MJD TAI at the observatory, without light-travel correction; scalar or shape (n,).
    band
        Index into ugrizy.
    """
    known = templates().fNu
    factor = modulation(objects, mjd, band)
    spectra = (objects["flux"] * factor)[:, None] * known[objects["sed"]]
    events = np.flatnonzero(is_kind(objects, "transient"))
    times = np.broadcast_to(np.asarray(mjd, np.float64), objects.shape)
    shapes = transient_shapes(objects[events], times[events])
    spectra[events] = objects["flux"][events, None] * known[objects["sed"][events]] * shapes
    double = np.flatnonzero(objects["companionSed"] >= 0)
    companion = known[objects["companionSed"][double]]
    spectra[double] += objects["companionFlux"][double, None] * companion
    return np.asarray(spectra)

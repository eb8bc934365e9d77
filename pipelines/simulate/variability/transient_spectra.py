"""Spectra of supernovae and tidal disruptions at a time, and what they give in the passbands.

The spectrum of a transient is f_nu(wavelength, time) = flux x template x shape: `flux` and the
template `sed` of its object (flat, behind the Galaxy's dust, of mean 1 in r), and the shape that
`transient_shapes` returns, which is 1 at 622 nm at maximum light in B.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.loaders.passband_library import read_standard_passbands
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.variability.kinds import WAVELENGTH as BAND_WAVELENGTH
from skytract.pipelines.simulate.variability.supernovae import (
    NODES,
    node_magnitudes,
    rest_magnitudes,
    rest_phase,
)
from skytract.udf.calibration.spectra import WAVELENGTH, photon_weights

BLOCK = 128
"""Spectra worked out at a time: they stay in the caches of a core."""

Floats = NDArray[np.float64]


def transient_shapes(objects: NDArray[np.void], mjd: ArrayLike) -> Floats:
    """Return f_nu at a time in bins of 1 nm, over flux and template, shape (n, 801).

    The curves of `supernovae`, redshifted: magnitudes linear in the logarithm of the wavelength,
    hence positive; 0 before the event and long after it. A function of object and time alone.

    Parameters
    ----------
    objects
        Transients: rows with varKind, epochOfMax and varParams, shape (n,).
    mjd
        MJD TAI at the observatory; scalar or shape (n,).
    """
    phase = rest_phase(objects, np.broadcast_to(np.asarray(mjd, np.float64), objects.shape))
    redshift = objects["varParams"][:, 0].astype(np.float64)
    nodes = np.full((len(NODES), len(objects)), np.inf)
    for kind in np.unique(objects["varKind"]):
        of_kind = np.flatnonzero(objects["varKind"] == kind)
        red = BAND_WAVELENGTH[2] / (1.0 + redshift[of_kind])
        zero = rest_magnitudes(int(kind), red, np.zeros(len(of_kind)))
        nodes[:, of_kind] = node_magnitudes(int(kind), phase[of_kind]) - zero
    shapes = np.zeros((len(objects), len(WAVELENGTH)))
    seen = np.flatnonzero(np.isfinite(nodes[0]))
    for start in range(0, len(seen), BLOCK):
        rows = seen[start : start + BLOCK]
        shapes[rows] = _between(nodes[:, rows].T, redshift[rows])
    return shapes


def _between(nodes: Floats, redshift: Floats) -> Floats:
    """Return 10^(-0.4 m) of magnitudes at `NODES`, shape (k, 7), at all wavelengths, (k, 801).

    A broken line is its first slope and, from every bend on, the change of slope there.
    """
    places = np.log(NODES)
    slopes = np.diff(nodes, axis=1) / np.diff(places)
    x = np.log(WAVELENGTH) - np.log1p(redshift)[:, None]
    magnitude = nodes[:, :1] + slopes[:, :1] * (x - places[0])
    for bend in range(1, len(NODES) - 1):
        change = slopes[:, bend : bend + 1] - slopes[:, bend - 1 : bend]
        magnitude += change * np.maximum(x - places[bend], 0.0)
    magnitude *= -0.4 * np.log(10.0)
    return np.asarray(np.exp(magnitude, out=magnitude))


def transient_fluxes(objects: NDArray[np.void], mjd: ArrayLike) -> Floats:
    """Return the true flux [nJy] of transients in the standard passbands ugrizy, shape (n, 6).

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    mjd
        As in `transient_shapes`.
    """
    weights = photon_weights(read_standard_passbands()[1])
    shapes = transient_shapes(objects, mjd)
    shapes *= templates().fNu[objects["sed"]]
    means = np.einsum("nl,bl->nb", shapes, weights)  # no BLAS: the same bits for any n
    return np.asarray(objects["flux"][:, None] * means)

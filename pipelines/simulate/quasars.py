"""Quasars: a luminosity function over redshift, seen from bright to faint."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.attenuation import RED_EXTINCTION
from skytract.pipelines.simulate.cell import Cell
from skytract.pipelines.simulate.draw_in_order import draw_in_order
from skytract.pipelines.simulate.milky_way import total_reddening
from skytract.pipelines.simulate.objects import empty, flux_of_magnitude
from skytract.pipelines.simulate.randoms import Stream
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.simulate.variability.quasars import vary_quasars

Floats = NDArray[np.float64]

BRIGHT, FAINT = 15.0, 28.0
"""Range of r magnitudes."""

PIVOT, BREAK_MAGNITUDE, LOG_DENSITY = 2.2, -26.71, -6.01
LOW = (-4.31, -1.54, -0.08, -0.40)
HIGH = (-3.04, -1.38, -0.25, -0.05)
"""Pivot redshift, M_g* (K-corrected to z = 2) there, log10 of the density [Mpc^-3 mag^-1]; alpha,
beta, k1, k2 below and above the pivot (Palanque-Delabrouille et al. 2016, table 4, PLE)."""

HUBBLE_DISTANCE, MATTER = 299792.458 / 67.7, 0.31
"""c / H0 [Mpc] and Omega_m of a flat universe (Planck Collaboration 2016)."""

SPECTRAL_SLOPE = -0.5
"""alpha of f_nu ~ nu^alpha in the K-correction (same paper, section 2)."""

_STEP = 0.1


def luminosity_function(absolute: Floats, redshift: Floats) -> Floats:
    """Return quasars per Mpc^3 and magnitude of M_g (K-corrected to z = 2), broadcast."""
    dz = redshift - PIVOT
    alpha, beta, k1, k2 = (
        np.where(dz < 0.0, low, high) for low, high in zip(LOW, HIGH, strict=True)
    )
    dimmer = 0.4 * (absolute - BREAK_MAGNITUDE) + k1 * dz + k2 * dz**2
    return np.asarray(
        10.0**LOG_DENSITY / (10.0 ** ((alpha + 1.0) * dimmer) + 10.0 ** ((beta + 1.0) * dimmer))
    )


def distances(redshift: Floats) -> tuple[Floats, Floats]:
    """Return comoving distance [Mpc] and its derivative by redshift, ascending shape (n,)."""
    grid = np.linspace(0.0, redshift[-1], 4001)
    slope = HUBBLE_DISTANCE / np.sqrt(MATTER * (1.0 + grid) ** 3 + 1.0 - MATTER)
    steps = np.diff(grid) * (slope[1:] + slope[:-1]) / 2.0
    comoving = np.concatenate([[0.0], steps.cumsum()])
    return np.interp(redshift, grid, comoving), np.interp(redshift, grid, slope)


@cache
def counts() -> Floats:
    """Return quasars/sr in bins of (r, redshift of the spectra), bright first, without dust."""
    grid = templates().grids["qso"]
    redshift = grid.redshifts
    magnitude = np.arange(BRIGHT + _STEP / 2.0, FAINT, _STEP)
    comoving, slope = distances(redshift)
    modulus = 5.0 * np.log10(comoving * (1.0 + redshift)) + 25.0
    correction = -2.5 * (1.0 + SPECTRAL_SLOPE) * np.log10((1.0 + redshift) / 3.0)
    own = templates().ratios[grid.index(np.full(len(redshift), 1), 0.0, redshift)]
    absolute = magnitude[:, None] - 2.5 * np.log10(own[:, 1]) - modulus - correction
    density = luminosity_function(absolute, redshift) * comoving**2 * slope
    return np.asarray(density * np.gradient(redshift) * _STEP)


def draw_quasars(cell: Cell, limit: float) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Draw the quasars of a cell, at least all that are brighter than `limit` in r.

    Returns
    -------
    objects, indices
        Without ids and positions; HEALPix indices of order 29, shape (n,).
    """
    dust = total_reddening(cell.direction)
    dimming = RED_EXTINCTION * dust
    expected = counts()[: max(int(np.ceil((limit - dimming - BRIGHT) / _STEP)), 0)]
    bins, uniforms = draw_in_order(cell.generator(Stream.QUASARS), expected * cell.area, 3)
    step, row = np.divmod(bins, expected.shape[1])
    grid = templates().grids["qso"]
    quasars = empty(len(bins), "qso")
    quasars["flux"] = flux_of_magnitude(BRIGHT + _STEP * (step + uniforms[:, 0]) + dimming)
    quasars["redshift"] = grid.redshifts[row]
    member = (uniforms[:, 1] * len(grid.colours)).astype(np.int64)
    quasars["sed"] = grid.index(member, dust, quasars["redshift"])
    vary_quasars(cell.generator(Stream.VARIABLE_QUASARS), quasars)
    return quasars, cell.inside(uniforms[:, 2])

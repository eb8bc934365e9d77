"""Supernovae and tidal disruptions: rest-frame light curves in time and wavelength.

varParams: [0] redshift, [1] stretch (durations are multiplied by it). `epochOfMax` is maximum light
in the rest frame's B, and `flux` is f_nu at 622 nm at that time, the factor 1. The factor carries
the colours: the spectrum beside it is flat in f_nu, but for dust.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from skytract.pipelines.simulate.variability.eclipses import PLANCK
from skytract.pipelines.simulate.variability.kinds import WAVELENGTH, kind_index

NODES = np.array([280.0, 365.0, 440.0, 550.0, 650.0, 800.0, 1000.0])
"""Wavelengths of the curves, nm: near UV, Johnson-Cousins U, B, V, R, I, and 1 micrometre."""

BLUE = 2
"""Index of B among them."""

STEP, FIRST, LAST = 0.5, -40.0, 400.0
"""Grid of phases, d in the rest frame; nothing is there before the first phase of a curve."""

IA_PHASES = np.array([-18, -14, -10, -5, 0, 5, 10, 15, 20, 25, 30, 40, 60, 80, 150.0])
IBC_PHASES = np.array([-18, -14, -10, -5, 0, 5, 10, 15, 20, 25, 30, 40, 60, 90, 150.0])
II_PHASES = np.array([-11, -10, -7, -3, 0, 10, 20, 40, 60, 80, 95, 105, 115, 180, 300.0])

IA_CURVES = np.array(
    [
        [6.51, 3.62, 2.45, 1.75, 2.04, 2.65, 3.20, 4.16, 5.07, 5.60, 5.63, 5.82, 6.14, 6.40, 7.67],
        [5.24, 2.39, 1.22, 0.44, 0.38, 0.66, 1.13, 1.79, 2.52, 3.16, 3.56, 3.89, 4.26, 4.68, 6.08],
        [5.21, 2.36, 1.13, 0.21, 0.00, 0.14, 0.52, 1.04, 1.61, 2.13, 2.48, 2.99, 3.33, 3.58, 4.63],
        [5.32, 2.48, 1.28, 0.46, 0.16, 0.19, 0.41, 0.74, 1.01, 1.24, 1.53, 2.08, 2.67, 3.21, 4.99],
        [5.44, 2.57, 1.39, 0.61, 0.38, 0.44, 0.74, 1.03, 1.12, 1.21, 1.43, 2.13, 2.84, 3.45, 5.51],
        [5.69, 2.84, 1.65, 0.95, 0.87, 1.06, 1.34, 1.47, 1.36, 1.28, 1.38, 2.08, 3.01, 3.93, 6.10],
        [5.92, 3.05, 1.86, 1.12, 1.11, 1.42, 1.65, 1.67, 1.48, 1.29, 1.23, 1.73, 2.66, 3.70, 5.84],
    ]
)
"""AB magnitudes of a type Ia supernova of stretch 1 relative to B at maximum: the spectral template
of Hsiao et al. (2007, ApJ 663, 1187), averaged over 10 % on both sides of the nodes. It ends at 85
d; the decline to the last phase is that of Leibundgut et al. (1991, AJ 101, 1054) in B, and rounded
in the other bands."""

IBC_CURVES = np.array(
    [
        [7.5, 4.5, 3.2, 2.5, 2.5, 3.3, 4.1, 4.8, 5.2, 5.5, 5.7, 5.9, 6.2, 6.7, 7.7],
        [5.4, 2.6, 1.50, 0.95, 0.90, 1.55, 2.35, 3.10, 3.60, 3.90, 4.10, 4.30, 4.60, 5.10, 6.1],
        [4.0, 1.7, 0.75, 0.20, 0.00, 0.30, 0.85, 1.50, 2.00, 2.30, 2.50, 2.80, 3.15, 3.65, 4.7],
        [3.8, 1.5, 0.60, 0.06, -0.21, -0.16, 0.16, 0.66, 1.11, 1.46, 1.71, 2.06, 2.46, 3.01, 4.1],
        [3.8, 1.5, 0.65, 0.10, -0.18, -0.22, -0.04, 0.25, 0.55, 0.85, 1.10, 1.50, 1.95, 2.50, 3.55],
        [4.0, 1.7, 0.89, 0.31, 0.01, -0.09, 0.04, 0.34, 0.64, 0.89, 1.09, 1.44, 1.89, 2.49, 3.6],
        [4.2, 1.9, 1.10, 0.50, 0.20, 0.05, 0.12, 0.35, 0.60, 0.85, 1.05, 1.40, 1.85, 2.45, 3.6],
    ]
)
"""The same for a stripped-envelope supernova: declines in V and R of 0.9 and 0.6 to 0.7 mag in 15 d
(Drout et al. 2011, ApJ 741, 97), other bands by the colours of Bianco et al. (2014, ApJS 213,
19), rounded."""

II_CURVES = np.array(
    [
        [6.0, 3.0, 0.80, 0.30, 0.50, 2.30, 3.70, 5.30, 5.90, 6.30, 6.60, 7.30, 7.90, 8.80, 9.8],
        [6.0, 3.0, 0.78, 0.08, 0.08, 0.98, 2.08, 3.48, 4.08, 4.38, 4.68, 5.28, 5.88, 6.58, 7.6],
        [6.0, 3.0, 0.90, 0.10, 0.00, 0.35, 0.90, 1.70, 2.10, 2.40, 2.80, 3.70, 4.50, 5.20, 6.2],
        [6.0, 3.1, 1.10, 0.30, 0.14, 0.14, 0.20, 0.32, 0.37, 0.48, 0.75, 1.55, 2.35, 3.05, 4.2],
        [6.2, 3.3, 1.40, 0.55, 0.38, 0.28, 0.28, 0.32, 0.33, 0.40, 0.60, 1.30, 2.00, 2.70, 3.9],
        [6.4, 3.5, 1.70, 0.85, 0.65, 0.48, 0.42, 0.38, 0.36, 0.42, 0.62, 1.30, 2.00, 2.70, 3.9],
        [6.6, 3.7, 1.90, 1.05, 0.85, 0.65, 0.55, 0.50, 0.48, 0.54, 0.74, 1.40, 2.10, 2.80, 4.0],
    ]
)
"""The same for a type II-P supernova: a fast rise, a plateau in V over 80 d and a tail powered by
56Co (rounded from Anderson et al. 2014, ApJ 786, 67, and Hamuy 2003, ApJ 582, 905)."""

DISRUPTION_TEMPERATURE, DISRUPTION_RISE, DISRUPTION_FALL = 25.0, 12.0, 35.0
"""Black body [1000 K], Gaussian rise and scale of the t^(-5/3) fall [d] of a tidal disruption
(typical of van Velzen et al. 2021, ApJ 908, 4)."""


def disruption_curves(phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return AB magnitudes of a tidal disruption relative to B at maximum, shape (7, n)."""
    colour = 1.0 / np.expm1(PLANCK / (NODES * DISRUPTION_TEMPERATURE)) / NODES**3
    fall = (1.0 + np.maximum(phases, 0.0) / DISRUPTION_FALL) ** (-5.0 / 3.0)
    light = np.exp(-0.5 * (np.minimum(phases, 0.0) / DISRUPTION_RISE) ** 2) * fall
    return np.asarray(-2.5 * (np.log10(colour / colour[BLUE])[:, None] + np.log10(light)))


@cache
def surfaces() -> dict[int, NDArray[np.float64]]:
    """Return, by varKind, magnitudes relative to B at maximum on the grid, shape (7, phases).

    Monotone cubic interpolation in phase; past its last phase a curve goes on at its last slope;
    before its first it is infinitely faint.
    """
    grid = np.arange(FIRST, LAST + STEP / 2, STEP)
    result = {kind_index("tidalDisruption"): disruption_curves(grid)}
    for name, phases, curves in (
        ("supernovaIa", IA_PHASES, IA_CURVES),
        ("supernovaIbc", IBC_PHASES, IBC_CURVES),
        ("supernovaII", II_PHASES, II_CURVES),
    ):
        slope = (curves[:, -1] - curves[:, -2]) / (phases[-1] - phases[-2])
        inside = PchipInterpolator(phases, curves, axis=1)(np.clip(grid, phases[0], phases[-1]))
        surface = inside + slope[:, None] * np.maximum(grid - phases[-1], 0.0)
        result[kind_index(name)] = np.where(grid < phases[0], np.inf, surface)
    return result


def node_magnitudes(kind: int, phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return AB magnitudes relative to B at maximum at `NODES`, shape (7, n).

    Linear between phases [d at rest since maximum light in B], infinite outside the grid.
    """
    surface = surfaces()[kind]
    place = np.clip((phase - FIRST) / STEP, 0.0, surface.shape[1] - 1.001)
    step = place.astype(np.int64)
    seen = (phase >= FIRST) & (phase <= LAST) & np.isfinite(surface[0, step])
    step = np.where(seen, step, surface.shape[1] - 2)
    low, high = surface[:, step], surface[:, step + 1]
    return np.where(seen, low + (place - np.trunc(place)) * (high - low), np.inf)


def rest_magnitudes(
    kind: int, wavelength: NDArray[np.float64], phase: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return AB magnitudes relative to B at maximum, shape (n,), infinite outside the grid.

    Linear in the logarithm of the wavelength (extrapolated into the UV and the infrared) and in
    phase.

    Parameters
    ----------
    kind
        Value of varKind.
    wavelength
        nm at rest, shape (n,).
    phase
        d at rest since maximum light in B, shape (n,).
    """
    nodes, column = node_magnitudes(kind, phase), np.arange(len(phase))
    seen = np.flatnonzero(np.isfinite(nodes[0]))
    below = np.clip(np.searchsorted(NODES, wavelength[seen]) - 1, 0, len(NODES) - 2)
    across = np.log(wavelength[seen] / NODES[below]) / np.log(NODES[below + 1] / NODES[below])
    blue, red = nodes[below, column[seen]], nodes[below + 1, column[seen]]
    magnitudes = np.full(len(phase), np.inf)
    magnitudes[seen] = (1.0 - across) * blue + across * red
    return magnitudes


def rest_phase(objects: NDArray[np.void], mjd: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return days since maximum light, at rest and for stretch 1, shape (n,)."""
    redshift, stretch = objects["varParams"][:, :2].astype(np.float64).T
    return np.asarray((mjd - objects["epochOfMax"]) / ((1.0 + redshift) * stretch))


def transient(
    objects: NDArray[np.void], mjd: NDArray[np.float64], band: int
) -> NDArray[np.float64]:
    """Return flux over `flux`, shape (n,), 0 before the event; arguments as in `pulsation`.

    The rest-frame light curve at the band's effective wavelength over 1 + z, slower by 1 + z: what
    a passband sees is the integral of `transient_spectra.transient_shapes`.
    """
    factor = np.zeros(len(objects))
    redshift = objects["varParams"][:, 0].astype(np.float64)
    phase = rest_phase(objects, mjd)
    shining = np.flatnonzero((phase >= FIRST) & (phase <= LAST))
    kinds = objects["varKind"][shining]
    for kind in np.unique(kinds):
        rows = shining[kinds == kind]
        rest = WAVELENGTH[band] / (1.0 + redshift[rows])
        red = WAVELENGTH[2] / (1.0 + redshift[rows])
        zero = rest_magnitudes(int(kind), red, np.zeros(len(rows)))
        magnitude = rest_magnitudes(int(kind), rest, phase[rows]) - zero
        factor[rows] = 10.0 ** (-0.4 * magnitude)
    return factor

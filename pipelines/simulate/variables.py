"""Variable stars: light-curve templates, and a few of each class in every cell of the sky.

They are far more frequent here than in the sky (an RR Lyrae per 3 square arcminutes instead of a
few per square degree), so that the smallest survey has light curves to show.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.objects import EPOCH_MJD, empty, flux_of_magnitude
from skytract.pipelines.simulate.templates import nearest_star, standard_fluxes

VARIABLE_KINDS = ("constant", "rrLyrae", "eclipsing", "sinusoidal")
"""Names of the values of the column `varKind`; `varParams` holds amplitudes in ugrizy, mag."""

Template = Callable[[NDArray[np.float64]], NDArray[np.float64]]

RR_LYRAE_HARMONICS = np.array(
    [
        [1.0, 0.46, 0.29, 0.17, 0.11, 0.07],
        [0.0, 2.35, 5.00, 1.35, 4.00, 0.40],
    ]
)
"""Amplitude ratios R_k1 and phases phi_k1 (sine series) typical of field RRab stars: Simon & Teays
(1982), Jurcsik & Kovacs (1996)."""

RR_LYRAE_AMPLITUDES = np.array([0.96, 1.0, 0.724, 0.576, 0.524, 0.51])
"""Amplitudes in ugrizy relative to g: medians of the RRab of Sesar et al. (2010, table 2); y is an
extrapolation."""

RR_LYRAE_COLOUR = 0.12
"""g-r at mean light, from the same table."""

ECLIPSE_WIDTH, SECONDARY_DEPTH = 0.04, 0.5
"""Gaussian width of both eclipses in phase; depth of the secondary over that of the primary."""


def rr_lyrae(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the RRab template [mag, any zero, 1 peak to peak], brightest at phase 0."""
    brightest, amplitude = _rr_lyrae_scale()
    return _rr_lyrae_series(np.asarray(phase) + brightest) / amplitude


def _rr_lyrae_series(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio, shift = RR_LYRAE_HARMONICS
    angle = 2.0 * np.pi * np.arange(1, len(ratio) + 1) * phase[..., None] + shift
    return np.asarray(np.sum(ratio * np.sin(angle), axis=-1))


@cache
def _rr_lyrae_scale() -> tuple[float, float]:
    """Return the phase of maximum light and the amplitude of the bare harmonic series."""
    grid = np.arange(4000) / 4000.0
    curve = _rr_lyrae_series(grid)
    return float(grid[np.argmin(curve)]), float(np.ptp(curve))


def eclipsing(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two eclipses [mag, 0 outside]; the primary, of depth 1, is at phase 0.5."""
    primary = (np.asarray(phase) % 1.0) - 0.5
    secondary = ((np.asarray(phase) + 0.5) % 1.0) - 0.5
    dips = [np.exp(-0.5 * (x / ECLIPSE_WIDTH) ** 2) for x in (primary, secondary)]
    return np.asarray(dips[0] + SECONDARY_DEPTH * dips[1])


def sinusoidal(phase: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a cosine [mag, 1 peak to peak], brightest at phase 0."""
    return np.asarray(-0.5 * np.cos(2.0 * np.pi * np.asarray(phase)))


TEMPLATES: dict[str, Template] = {
    "rrLyrae": rr_lyrae,
    "eclipsing": eclipsing,
    "sinusoidal": sinusoidal,
}
"""Magnitude over amplitude as a function of phase, by class; brightest at phase 0 (eclipsing: the
secondary eclipse)."""


def draw_rr_lyrae(rng: np.random.Generator, number: int) -> NDArray[np.void]:
    """Draw RRab stars of the outer halo, r = 17.8 to 20.5, without positions.

    Amplitude and period are related as in Sesar et al. (2010, table 2): a straight line fitted to
    its 70 RRab, A_g = 1.08 - 4.05 (P / d - 0.55), with a scatter of 0.2 mag.
    """
    stars = empty(number, "star")
    stars["varKind"] = VARIABLE_KINDS.index("rrLyrae")
    stars["period"] = np.clip(rng.normal(0.57, 0.05, number), 0.45, 0.70)
    amplitude = 1.08 - 4.05 * (stars["period"] - 0.55) + rng.normal(0.0, 0.2, number)
    stars["varParams"] = np.clip(amplitude, 0.5, 1.4)[:, None] * RR_LYRAE_AMPLITUDES
    stars["flux"] = flux_of_magnitude(rng.uniform(17.8, 20.5, number))
    stars["sed"] = nearest_star(np.full(number, RR_LYRAE_COLOUR))
    stars["epochOfMax"] = EPOCH_MJD + rng.random(number) * stars["period"]
    return stars


def draw_grey(rng: np.random.Generator, number: int, kind: str) -> NDArray[np.void]:
    """Draw dwarfs, r = 17.8 to 20.5, that vary equally in all bands, without positions.

    Eclipsing binaries have primary eclipses of 0.4 to 0.8 mag and periods of 0.4 to 3 d, sinusoidal
    variables amplitudes of 0.15 to 0.5 mag and periods of 0.1 to 1 d.
    """
    low, high = ((0.4, 0.4), (3.0, 0.8)) if kind == "eclipsing" else ((0.1, 0.15), (1.0, 0.5))
    stars = empty(number, "star")
    stars["varKind"] = VARIABLE_KINDS.index(kind)
    stars["period"] = np.exp(rng.uniform(np.log(low[0]), np.log(high[0]), number))
    stars["varParams"] = rng.uniform(low[1], high[1], number)[:, None]
    stars["flux"] = flux_of_magnitude(rng.uniform(17.8, 20.5, number))
    stars["sed"] = nearest_star(rng.uniform(0.3, 1.3, number))
    stars["epochOfMax"] = EPOCH_MJD + rng.random(number) * stars["period"]
    return stars


def fluxes_at(
    objects: NDArray[np.void], mjd: float | NDArray[np.float64], band: int
) -> NDArray[np.float64]:
    """Return the true flux [nJy], shape (n,), at one time or one per object.

    F(t) = <F> 10^(-0.4 A T(phase)) / <10^(-0.4 A T)>: the column `flux` is the mean over a period.

    Parameters
    ----------
    objects
        Rows of the table of objects, shape (n,).
    mjd
        MJD TAI at the observatory, without light-travel correction; scalar or shape (n,).
    band
        Index into ugrizy.
    """
    flux = standard_fluxes(objects)[:, band]
    times = np.broadcast_to(np.asarray(mjd, np.float64), flux.shape)
    grid = np.linspace(0.0, 1.0, 500, endpoint=False)
    for kind, template in TEMPLATES.items():
        rows = np.flatnonzero(objects["varKind"] == VARIABLE_KINDS.index(kind))
        amplitude = objects["varParams"][rows, band].astype(np.float64)
        phase = (times[rows] - objects["epochOfMax"][rows]) / objects["period"][rows]
        mean = np.mean(10.0 ** (-0.4 * amplitude[:, None] * template(grid)), axis=1)
        flux[rows] *= 10.0 ** (-0.4 * amplitude * template(phase % 1.0)) / mean
    return np.asarray(flux)

"""Shapes of the light curves of pulsating stars: Fourier series in phase, per band."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

GRID = 1024
"""Phases of a tabulated template; a straight line between them is off by 1e-4 of the amplitude."""

RRAB_AMPLITUDES = np.array([0.5, 0.7, 0.9, 1.1, 1.3, 1.5])
"""Amplitudes in g, mag, of the RRab templates: the larger, the steeper."""

RRAB_SINE = np.array(
    [
        [-0.205, -0.069, 0.002, 0.029, 0.030, 0.018, 0.006, 0.004],
        [-0.230, -0.099, -0.025, 0.013, 0.028, 0.025, 0.015, 0.007],
        [-0.250, -0.096, -0.019, 0.019, 0.030, 0.023, 0.013, 0.006],
        [-0.271, -0.095, -0.017, 0.019, 0.029, 0.023, 0.011, 0.005],
        [-0.281, -0.097, -0.018, 0.017, 0.026, 0.020, 0.010, 0.004],
    ]
)
RRAB_COSINE = np.array(
    [
        [-0.307, -0.145, -0.104, -0.051, -0.017, 0.000, 0.007, 0.003],
        [-0.294, -0.141, -0.111, -0.067, -0.035, -0.011, 0.002, 0.004],
        [-0.260, -0.138, -0.113, -0.066, -0.032, -0.010, 0.002, 0.005],
        [-0.225, -0.133, -0.110, -0.062, -0.028, -0.008, 0.004, 0.002],
        [-0.203, -0.129, -0.103, -0.060, -0.028, -0.008, 0.002, 0.003],
    ]
)
RRAB_SLOPE = np.array(
    [
        [0.039, -0.009, -0.041, -0.038, -0.017, 0.003, 0.006, 0.014],
        [0.011, 0.025, -0.005, -0.030, -0.040, -0.036, -0.028, -0.019],
    ]
)
"""Coefficients of sin and cos of harmonics 1 to 8 in ugriz (y as z) at an amplitude of 1 mag in g,
phase 0 at maximum light in g, and their change (sine, cosine) per mag of amplitude: our least-
squares fit to the normalised light curves of the RRab of Sesar et al. (2010, ApJ 708, 717)."""

RRC_SINE = np.array(
    [
        [-0.127, 0.049, 0.016, -0.003],
        [-0.171, 0.042, 0.016, -0.003],
        [-0.181, 0.049, 0.015, -0.004],
        [-0.203, 0.044, 0.010, 0.002],
        [-0.228, 0.041, 0.021, 0.005],
    ]
)
RRC_COSINE = np.array(
    [
        [-0.473, -0.049, 0.024, 0.003],
        [-0.464, -0.051, 0.010, 0.001],
        [-0.463, -0.050, 0.010, 0.003],
        [-0.451, -0.056, 0.007, 0.003],
        [-0.439, -0.040, 0.019, 0.007],
    ]
)
"""The same for RRc, one shape for all amplitudes."""

CEPHEID_PERIODS = np.array([3.0, 5.0, 7.0, 8.5, 9.7, 10.9, 12.2, 15.0, 20.0, 30.0])
CEPHEID_SERIES = np.array(
    [
        [0.34, 0.39, 0.34, 0.29, 0.10, 0.10, 0.18, 0.22, 0.37, 0.40],
        [0.13, 0.15, 0.14, 0.13, 0.11, 0.11, 0.15, 0.17, 0.15, 0.22],
        [0.05, 0.06, 0.05, 0.05, 0.05, 0.09, 0.11, 0.14, 0.08, 0.12],
        [2.55, 2.75, 3.25, 3.45, 4.70, 3.90, 2.50, 2.85, 3.20, 2.90],
        [5.30, 5.65, 5.90, 6.10, 8.20, 8.10, 10.6, 10.8, 12.0, 12.1],
        [1.60, 1.95, 2.80, 1.30, 4.00, 3.55, 6.30, 6.90, 6.40, 9.20],
    ]
)
"""R_21, R_31, R_41 and phi_21, phi_31, phi_41 (sine series in magnitude) against the period [d]:
the Hertzsprung progression, read off our fits to the 82 classical Cepheids in Hipparcos' photometry
(ESA SP-1200; the quantities are those of Simon & Lee 1981, ApJ 248, 291)."""

DELTA_SCUTI = np.array([[0.35, 0.13], [2.43, 5.10]])
"""R_21, R_31 and phi_21, phi_31 (sine series) of high-amplitude delta Scuti stars (typical of
Poretti 2001, A&A 371, 986)."""

BAND_AMPLITUDES = {
    "rrLyraeAb": np.array([0.958, 1.0, 0.724, 0.576, 0.524, 0.51]),
    "rrLyraeC": np.array([0.885, 1.0, 0.708, 0.545, 0.472, 0.46]),
    "cepheid": np.array([1.35, 1.0, 0.70, 0.53, 0.46, 0.42]),
    "deltaScuti": np.array([0.885, 1.0, 0.708, 0.545, 0.472, 0.46]),
    "longPeriod": np.array([1.0, 1.0, 0.85, 0.60, 0.45, 0.38]),
}
"""Amplitudes in ugrizy relative to g. RR Lyrae: medians of Sesar et al. (2010, table 2), y
extrapolated. Cepheids: interpolated in wavelength from B:V:I = 1.44:1:0.60 (Freedman 1988, ApJ 326,
691), rounded. Delta Scuti: as RRc, whose temperatures they share. Long period: rounded, falling to
the red as for Miras (Iwanek, Soszynski & Kozlowski 2021, ApJ 919, 99)."""


def harmonics(ratios: NDArray[np.float64], phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a sine series of leading amplitude 1 on the grid of phases, shape (GRID,)."""
    order = np.arange(1, len(ratios) + 2)
    angle = 2.0 * np.pi * order[:, None] * np.arange(GRID) / GRID
    amplitude, shift = np.concatenate([[1.0], ratios]), np.concatenate([[0.0], phases])
    return np.asarray(np.sum(amplitude[:, None] * np.sin(angle + shift[:, None]), axis=0))


def fourier(sine: NDArray[np.float64], cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return series of coefficients (..., k) on the grid of phases, shape (..., GRID)."""
    order = np.arange(1, sine.shape[-1] + 1)
    angle = 2.0 * np.pi * order[:, None] * np.arange(GRID) / GRID
    return np.asarray(sine @ np.sin(angle) + cosine @ np.cos(angle))


def normalised(curve: NDArray[np.float64], reference: int = 1) -> NDArray[np.float64]:
    """Scale bands (6, GRID) to 1 peak to peak each; phase 0 = maximum light of one of them."""
    curve = np.roll(curve, -int(np.argmin(curve[reference])), axis=1)
    return np.asarray(curve / np.ptp(curve, axis=1)[:, None])


def six_bands(ugriz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Repeat z for y."""
    return np.asarray(np.concatenate([ugriz, ugriz[-1:]]))


@cache
def template_table() -> tuple[NDArray[np.float64], dict[str, slice]]:
    """Return all templates [mag, peak to peak 1 in g], shape (n, 6, GRID), and each kind's rows."""
    sine, cosine = six_bands(RRAB_SINE), six_bands(RRAB_COSINE)
    per_kind = {
        "rrLyraeAb": [
            normalised(fourier(sine + (a - 1) * RRAB_SLOPE[0], cosine + (a - 1) * RRAB_SLOPE[1]))
            for a in RRAB_AMPLITUDES
        ],
        "rrLyraeC": [normalised(fourier(six_bands(RRC_SINE), six_bands(RRC_COSINE)))],
        "cepheid": [_same_in_all(harmonics(s[:3], s[3:])) for s in CEPHEID_SERIES.T],
        "deltaScuti": [_same_in_all(harmonics(*DELTA_SCUTI))],
        "longPeriod": [_same_in_all(harmonics(np.zeros(0), np.zeros(0)))],
    }
    rows, start, tables = {}, 0, []
    for kind, curves in per_kind.items():
        tables.append(np.stack(curves) * BAND_AMPLITUDES[kind][:, None])
        rows[kind] = slice(start, start + len(curves))
        start += len(curves)
    return np.concatenate(tables), rows


def _same_in_all(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one curve in six bands, normalised."""
    return normalised(np.tile(curve, (6, 1)))

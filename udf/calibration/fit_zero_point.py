"""Zero point and colour term of one detector and visit from stars of a reference catalog.

The single-detector solution of LDM-151, section 8.14: a straight line in colour, fitted with
weights, from which outliers (variables, blends, wrong matches) are clipped.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

FLOOR = 0.01
"""Scatter [mag] added to every star's error: no star is better known than its flat field."""

CLIP = 4.0
"""Stars farther than this many robust standard deviations from the line are left out."""

ROUNDS = 50
"""Clipping settles in a few rounds; it is stopped after so many."""

Vector = NDArray[np.float64]


def fit_zero_point(
    inst_flux: ArrayLike,
    inst_flux_err: ArrayLike,
    ref_mag: ArrayLike,
    ref_mag_err: ArrayLike,
    colour: ArrayLike,
    colour_term: float | None,
    min_stars: int,
) -> tuple[float, float, float, float | None, float, int] | None:
    """Fit ref_mag + 2.5 log10(inst_flux) = zero point + colour term * colour.

    The line starts from least absolute deviations. Stars within `CLIP` robust standard deviations
    (1.4826 times the median absolute deviation, not below the expected one) are then kept, the
    line is fitted to them with weights 1 / (error^2 + FLOOR^2), and so on until the choice stands.

    Parameters
    ----------
    inst_flux, inst_flux_err : array_like, shape (n,)
        Flux and its error [ct]; stars with a flux that is not positive are left out.
    ref_mag, ref_mag_err : array_like, shape (n,)
        AB magnitude of the reference catalog and its error [mag].
    colour : array_like, shape (n,)
        Colour in the reference catalog [mag].
    colour_term : float or None
        Fixed colour term; None to fit it.
    min_stars : int
        Fewest stars that make a zero point; never fewer than parameters are fitted, plus one.

    Returns
    -------
    tuple or None
        Zero point and its error [mag], at colour 0; colour term and its error (None if it was
        given); weighted rms of the residuals [mag]; number of stars used. None if there are fewer
        than `min_stars` stars, or if their colours are all alike so that no term follows.

    Examples
    --------
    >>> colour = [0.0, 0.5, 1.0, 1.5]
    >>> mag = [20.0, 20.05, 20.1, 20.15]
    >>> fit = fit_zero_point([1e4] * 4, [10.0] * 4, mag, [0.01] * 4, colour, None, 3)
    >>> [round(float(x), 9) for x in fit[::2]], fit[-1]
    ([30.0, 0.1, 0.0], 4)
    """
    flux, flux_err = np.asarray(inst_flux, float), np.asarray(inst_flux_err, float)
    mag, mag_err = np.asarray(ref_mag, float), np.asarray(ref_mag_err, float)
    hue = np.asarray(colour, float)
    usable = np.isfinite(mag) & np.isfinite(mag_err) & np.isfinite(hue) & np.isfinite(flux_err)
    usable &= np.isfinite(flux) & (flux > 0.0)
    flux, flux_err, mag, mag_err, hue = (a[usable] for a in (flux, flux_err, mag, mag_err, hue))
    fixed = 0.0 if colour_term is None else float(colour_term)
    value = mag + 2.5 * np.log10(flux) - fixed * hue
    sigma = np.sqrt((2.5 / np.log(10.0) * flux_err / flux) ** 2 + mag_err**2 + FLOOR**2)
    design = np.stack([np.ones_like(hue), hue], axis=1)[:, : 2 if colour_term is None else 1]
    return _fit_line(design, value, sigma, colour_term, min_stars)


def _fit_line(
    design: Vector, value: Vector, sigma: Vector, colour_term: float | None, min_stars: int
) -> tuple[float, float, float, float | None, float, int] | None:
    """Clip and fit until the choice of stars stands."""
    fewest = max(int(min_stars), design.shape[1] + 1)
    if len(value) < fewest or _is_flat(design):
        return None
    line = _least_absolute(design, value, sigma)
    kept = np.zeros(len(value), dtype=bool)
    for _ in range(ROUNDS):
        pull = np.abs(value - design @ line) / sigma
        choice = pull <= CLIP * max(1.0, 1.4826 * float(np.median(pull)))
        if (choice == kept).all():
            break
        kept = choice
        if kept.sum() < fewest or _is_flat(design[kept]):
            return None
        line = _weighted(design[kept], value[kept], 1.0 / sigma[kept])
    pull = (value[kept] - design[kept] @ line) / sigma[kept]
    n, weights = int(kept.sum()), sigma[kept] ** -2
    inflation = max(1.0, float(pull @ pull) / (n - design.shape[1]))
    normal = (design[kept] * weights[:, None]).T @ design[kept]
    errors = np.sqrt(np.diag(np.linalg.inv(normal)) * inflation)
    rms = float(np.sqrt(pull @ pull / weights.sum()))
    if colour_term is None:
        return float(line[0]), float(errors[0]), float(line[1]), float(errors[1]), rms, n
    return float(line[0]), float(errors[0]), float(colour_term), None, rms, n


def _is_flat(design: Vector) -> bool:
    """Tell whether the colours are too much alike for a term to follow from them."""
    return design.shape[1] == 2 and float(np.ptp(design[:, 1])) < 1e-6


def _weighted(design: Vector, value: Vector, root: Vector) -> Vector:
    """Return the line of weighted least squares; `root` are square roots of the weights."""
    return np.asarray(np.linalg.lstsq(design * root[:, None], value * root, rcond=None)[0])


def _least_absolute(design: Vector, value: Vector, sigma: Vector) -> Vector:
    """Return a line of nearly least absolute pulls, by reweighted least squares."""
    root = 1.0 / sigma
    line = _weighted(design, value, root)
    for _ in range(ROUNDS):
        pull = np.abs(value - design @ line) / sigma
        line = _weighted(design, value, root / np.sqrt(np.maximum(pull, 0.1)))
    return line

"""The transform of matched sources, with its covariance, and the pairs that obey it."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import cKDTree

from skytract.udf.association.match_pattern_pairs import Floats, Indices

AFFINE = 30
"""From so many pairs on, the six terms of an affine transform are fitted; else a similarity."""

CLIP = 4.0
"""Pairs farther apart than so many errors per axis do not count: 0.03 % of normal ones."""

ROUNDS = 20
"""The choice of pairs settles in a few rounds; it is stopped after so many."""

SIMILARITY = np.zeros((6, 4))
SIMILARITY[[0, 3, 1, 5, 4], [0, 1, 2, 2, 3]] = 1.0
SIMILARITY[2, 3] = -1.0
"""How the six terms follow from shift xi, shift eta, a and b."""


@dataclass(frozen=True)
class Fit:
    """A transform of positions p about the middle of the field: p + terms."""

    terms: Floats
    """xi0, xiXi, xiEta, eta0, etaXi, etaEta of what is added to a position; shape (6,)."""
    covariance: Floats
    """Shape (6, 6)."""
    rms: float
    """Of the residuals per axis of the pairs that were fitted, freedoms counted [arcsec]."""
    source: Indices
    star: Indices
    radius: float
    """Within which pairs are accepted [arcsec]."""

    def moved(self, points: Floats) -> Floats:
        """Return transformed positions, shape (n, 2)."""
        terms = self.terms.reshape(2, 3)
        return np.asarray(points + terms[:, 0] + points @ terms[:, 1:].T)


def settle(points: Floats, stars: Floats, transform: Floats, radius: float, widest: float) -> Fit:
    """Pair sources with stars and fit, in turns, until the pairs stand.

    Each source goes to the nearest star; of several sources of one star the nearest is taken.

    Parameters
    ----------
    points, stars : ndarray, shapes (n, 2) and (m, 2)
        Positions about the middle of the field [arcsec].
    transform : ndarray, shape (4,)
        Shift xi, shift eta [arcsec], a, b of the similarity to start from.
    radius, widest : float
        Farthest that a source may lie from its star, at first and ever [arcsec].
    """
    tree = cKDTree(stars)
    none = np.empty(0, np.intp)
    fit = Fit(SIMILARITY @ transform, np.zeros((6, 6)), np.nan, none, none, radius)
    for _ in range(ROUNDS):
        source, star, _ = _nearest(fit.moved(points), tree, fit.radius)
        if np.array_equal(source, fit.source) and np.array_equal(star, fit.star):
            break
        if len(source) < 3:
            break
        fit = _fit(points, stars, source, star, widest)
    return fit


def widen(fit: Fit, points: Floats, stars: Floats, widest: float) -> tuple[Fit, float]:
    """Add the pairs farther apart than normal errors allow: faint stars, blends, distortion.

    The radius grows by steps of the square root of 2 up to `widest` [arcsec], as long as in each
    ring there are more pairs than chance makes twice.

    Returns
    -------
    Fit
        The same transform, with all pairs.
    float
        Pairs expected within its radius by chance.
    """
    moved = fit.moved(points)
    source, star, distance = _nearest(moved, cKDTree(stars), widest)
    density = _chance_density(moved, stars, fit.radius)
    radius = fit.radius
    while radius < widest:
        wider = min(radius * np.sqrt(2.0), widest)
        ring = np.count_nonzero((distance > radius) & (distance <= wider))
        if ring <= 1.0 + 2.0 * density * np.pi * (wider**2 - radius**2):
            break
        radius = wider
    near = distance <= radius
    found = replace(fit, source=source[near], star=star[near], radius=float(radius))
    return found, float(density * np.pi * radius**2)


def _chance_density(points: Floats, stars: Floats, radius: float) -> float:
    """Return pairs per square arcsec of offsets beyond those that belong together."""
    inner, outer = max(3.0 * radius, 3.0), max(10.0 * radius, 10.0)
    within = cKDTree(points).count_neighbors(cKDTree(stars), [inner, outer])
    return float(np.diff(within)[0]) / (np.pi * (outer**2 - inner**2))


def _nearest(points: Floats, tree: cKDTree, radius: float) -> tuple[Indices, Indices, Floats]:
    """Return pairs, ascending in source, each star at most once, and how far apart they are."""
    distance, star = tree.query(points, distance_upper_bound=radius)
    order = np.argsort(distance, kind="stable")
    order = order[np.isfinite(distance[order])]
    source = np.sort(order[np.unique(star[order], return_index=True)[1]])
    return source, star[source], distance[source]


def _fit(points: Floats, stars: Floats, source: Indices, star: Indices, widest: float) -> Fit:
    """Fit the transform of given pairs by least squares, and how far apart pairs may be."""
    place, offset = points[source], stars[star] - points[source]
    model = np.eye(6) if len(source) >= AFFINE else SIMILARITY
    design = np.column_stack([np.ones(len(source)), place])
    both = np.kron(np.eye(2), design) @ model
    value = np.linalg.lstsq(both, offset.T.ravel(), rcond=None)[0]
    free = 2 * len(source) - model.shape[1]
    residual = offset.T.ravel() - both @ value
    rms = float(np.sqrt(residual @ residual / free))
    covariance = rms**2 * np.linalg.pinv(both.T @ both)
    # The median of a Rayleigh distribution is sqrt(2 ln 2) errors per axis.
    median = np.median(np.hypot(*residual.reshape(2, -1))) / np.sqrt(2.0 * np.log(2.0))
    radius = CLIP * float(median) * np.sqrt(2.0 * len(source) / free)
    return Fit(
        model @ value,
        model @ covariance @ model.T,
        rms,
        source,
        star,
        float(np.clip(radius, widest / 100.0, widest)),
    )

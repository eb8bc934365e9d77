"""Sources matched to stars of a reference catalog in a frame that is shifted and turned.

LDM-151, sections 8.24.1 to 8.24.3: one detector, one visit and many visits to a reference catalog.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.match_pattern_fit import Fit, settle, widen
from skytract.udf.association.match_pattern_input import read_catalog, read_limits
from skytract.udf.association.match_pattern_pairs import Floats
from skytract.udf.association.match_pattern_refine import NOTHING, Pattern
from skytract.udf.association.match_pattern_search import FEWEST, search


class PatternMatch(NamedTuple):
    """What matched; numbers that are not known are None."""

    matched: bool
    """Whether there is a match that chance does not explain; if not, there is no transform."""
    nMatched: int
    """Pairs; if nothing is found those of the best attempt."""
    nChance: float
    """Pairs expected as near by chance."""
    chanceProbability: float
    """Bound on the probability that unrelated sources and stars match as well."""
    radiusArcsec: float | None
    """Farthest that a source may lie from its star."""
    rmsArcsec: float | None
    """Of what the transform leaves, per axis, of the pairs within four times that."""
    shiftXi: float | None
    """By which the middle of the sources is moved [arcsec]."""
    shiftEta: float | None
    rotation: float | None
    """From xi to eta [deg]."""
    scale: float | None
    transform: list[float] | None
    """a0, a1, a2, b0, b1, b2: the star is at (a0 + a1 xi + a2 eta, b0 + b1 xi + b2 eta)."""
    transformCov: list[float] | None
    """Their covariance, 36 elements."""
    sourceId: list[int]
    refStarId: list[int]


def match_pattern(
    source_id: ArrayLike,
    xi: ArrayLike,
    eta: ArrayLike,
    flux: ArrayLike | None,
    ref_star_id: ArrayLike,
    ref_xi: ArrayLike,
    ref_eta: ArrayLike,
    ref_flux: ArrayLike | None,
    max_shift_arcsec: float,
    max_rotation_deg: float,
    max_scale: float,
    tolerance_arcsec: float,
    max_chance: float,
) -> PatternMatch:
    """Find which sources are which stars, although positions are wrong by a similarity.

    Pairs of a source and a star vote for shift, rotation and scale (`match_pattern_votes`). The
    highest peaks are refined by least squares with shrinking radius, and judged by how probable so
    many pairs are by chance anywhere within the limits (`match_pattern_chance`). The brightest are
    tried first, then all; the first match less probable than `max_chance` is taken. Otherwise
    nothing is found. Then all sources and stars are paired, and an affine transform (a similarity
    to fewer than 30 pairs) is fitted to those within four errors; pairs up to the tolerance are
    added where they are more than chance makes (`match_pattern_fit`).

    Parameters
    ----------
    source_id, ref_star_id : array_like of int, shapes (n,) and (m,)
        Unique ids.
    xi, eta, ref_xi, ref_eta : array_like
        Positions on one plane [arcsec], finite.
    flux, ref_flux : array_like or None
        Brightness in any unit; NaN counts as faint. None: none is known.
    max_shift_arcsec : float
        Farthest that the middle of the sources may be displaced, positive.
    max_rotation_deg, max_scale : float
        Largest rotation about it, 0 to 10, and relative error of scale, 0 to 0.1.
    tolerance_arcsec : float
        Farthest that a source may lie from its star after the best similarity, positive: errors of
        positions and distortion.
    max_chance : float
        Largest probability of a match by chance that is accepted, 1e-100 to 0.1.

    Returns
    -------
    PatternMatch
        Ids of pairs are in the order of the sources.

    Raises
    ------
    ValueError
        If a position is not finite, an id occurs twice, lengths differ or a limit is out of bounds.

    Examples
    --------
    >>> x, y = [0.0, 100.0, 250.0, 30.0, 170.0], [0.0, 40.0, 10.0, 200.0, 120.0]
    >>> u, v = [5.0 + s for s in x], [t - 9.0 for t in y]
    >>> ids, limits = [1, 2, 3, 4, 5], (30.0, 0.5, 0.0, 1.0, 1e-3)
    >>> match = match_pattern(ids, x, y, None, ids, u, v, None, *limits)
    >>> match.matched, match.refStarId, round(match.shiftXi, 6), round(match.shiftEta, 6)
    (True, [1, 2, 3, 4, 5], 5.0, -9.0)
    """
    limits = read_limits(
        max_shift_arcsec, max_rotation_deg, max_scale, tolerance_arcsec, max_chance
    )
    source, points, order = read_catalog("source", source_id, xi, eta, flux)
    star, stars, star_order = read_catalog("star", ref_star_id, ref_xi, ref_eta, ref_flux)
    if min(len(points), len(stars)) < FEWEST:
        return _nothing(NOTHING)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    points, stars = points - middle, stars - middle
    best = search(points[order], stars[star_order], limits, max_chance)
    if not best.log_chance <= np.log(max_chance):
        return _nothing(best)
    fit = settle(points, stars, best.transform, best.radius, limits.tolerance)
    if len(fit.source) < FEWEST:
        return _nothing(best)
    fit, by_chance = widen(fit, points, stars, limits.tolerance)
    chance = float(np.exp(best.log_chance))
    return _match(fit, chance, by_chance, middle, source[fit.source], star[fit.star])


def _nothing(best: Pattern) -> PatternMatch:
    """Say that nothing is found."""
    chance = float(np.exp(min(best.log_chance, 0.0)))
    unknown = (None,) * 8
    return PatternMatch(False, best.number, best.expected, chance, *unknown, [], [])


def _match(
    fit: Fit,
    chance: float,
    by_chance: float,
    middle: Floats,
    source: NDArray[np.int64],
    star: NDArray[np.int64],
) -> PatternMatch:
    """Say what is found, about the origin of the positions."""
    terms = fit.terms.reshape(2, 3)
    (a0, a1, a2), (b0, b1, b2) = terms
    about_origin = np.eye(3)
    about_origin[0, 1:] = -middle
    move = np.kron(np.eye(2), about_origin)
    transform = move @ fit.terms + [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    return PatternMatch(
        matched=True,
        nMatched=len(source),
        nChance=by_chance,
        chanceProbability=chance,
        radiusArcsec=fit.radius,
        rmsArcsec=fit.rms,
        shiftXi=float(a0),
        shiftEta=float(b0),
        rotation=float(np.degrees(np.arctan2(b1 - a2, 2.0 + a1 + b2))),
        scale=float(np.sqrt((1.0 + a1) * (1.0 + b2) - a2 * b1)),
        transform=transform.tolist(),
        transformCov=(move @ fit.covariance @ move.T).ravel().tolist(),
        sourceId=source.tolist(),
        refStarId=star.tolist(),
    )

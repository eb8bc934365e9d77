"""Which DiaSource of a visit belongs to which DiaObject or predicted position (LDM-151 8.24.5)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.udf.association.dia_sums import Floats
from skytract.udf.association.link_friends import chord, unit_vectors

ARCSEC = np.pi / 180.0 / 3600.0
FLOOR_ARCSEC = 0.05
"""Least error of an offset: errors of bright sources leave out the atmosphere and the WCS."""

UNKNOWN_ARCSEC = 0.2
"""Error of a position whose own is missing or not positive."""


def match_dia_sources(
    source_id: ArrayLike,
    candidate_id: ArrayLike,
    is_moving: ArrayLike,
    ra: ArrayLike,
    dec: ArrayLike,
    ra_err: ArrayLike,
    dec_err: ArrayLike,
    candidate_ra: ArrayLike,
    candidate_dec: ArrayLike,
    candidate_ra_err: ArrayLike,
    candidate_dec_err: ArrayLike,
    radius_arcsec: float,
) -> list[int]:
    """Return the numbers, from 1, of the pairs that belong together.

    All pairs are of one visit. Those no farther apart than the radius are ranked by

        chi2 / 2 + ln(sigma_ra sigma_dec),

    minus the logarithm of the probability density of the offset (the rule of Rubin's
    ap_association; chi2 alone would prefer badly measured objects): sigma^2 is the sum of both
    variances, at least (0.05 arcsec)^2, and an unknown error counts as 0.2 arcsec. The best pair is
    taken, then the best among those whose source and candidate are still free, and so on: a
    candidate gets at most one source of a visit. Equal ranks: the closer pair, then the lower ids.

    Parameters
    ----------
    source_id, candidate_id : array_like of int, shape (n,)
        DiaSource, and DiaObject or moving object, of each pair.
    is_moving : array_like of bool, shape (n,)
        Whether the candidate is a predicted position: its ids are numbered apart.
    ra, dec, candidate_ra, candidate_dec : array_like, shape (n,)
        ICRS positions [deg], finite.
    ra_err, dec_err, candidate_ra_err, candidate_dec_err : array_like, shape (n,)
        Errors [deg], those of ra times cos(dec); None, NaN or <= 0 if unknown.
    radius_arcsec : float
        Farthest that a source may lie from its object [arcsec], in (0, 60].

    Returns
    -------
    list of int, ascending

    Raises
    ------
    ValueError
        If the radius is out of range.

    Examples
    --------
    >>> none = [None, None]
    >>> match_dia_sources([7, 7], [1, 2], [False] * 2, [10, 10], [0, 0], none, none,
    ...                   [10.0001, 10.0002], [0, 0], none, none, 1.0)
    [1]
    """
    chosen = choose_pairs(
        np.asarray(source_id, np.int64),
        np.asarray(candidate_id, np.int64),
        np.asarray(is_moving, bool),
        positions(ra, dec, ra_err, dec_err),
        positions(candidate_ra, candidate_dec, candidate_ra_err, candidate_dec_err),
        chord(radius_arcsec),
    )
    return [int(place) + 1 for place in np.sort(chosen)]


def choose_pairs(
    source_id: NDArray[np.int64],
    candidate_id: NDArray[np.int64],
    is_moving: NDArray[np.bool_],
    source: Floats,
    candidate: Floats,
    reach: float,
) -> NDArray[np.intp]:
    """Return the places of the pairs that belong together, of `positions` within a chord."""
    rank, apart = pair_ranks(source, candidate)
    near = np.flatnonzero(apart <= reach)
    keys = (candidate_id, is_moving, source_id, apart, rank)
    near = near[np.lexsort(tuple(key[near] for key in keys))]
    # Ids of the two kinds of candidates may be equal.
    candidates = candidate_id[near] << 1 | is_moving[near]
    return near[best_pairs(source_id[near], candidates)]


def positions(ra: ArrayLike, dec: ArrayLike, ra_err: ArrayLike, dec_err: ArrayLike) -> Floats:
    """Return positions [deg] and errors [deg], rounded as tables of reals hold them, (n, 4)."""
    errors = [np.asarray(e, float).astype(np.float32).astype(float) for e in (ra_err, dec_err)]
    return np.stack([np.asarray(ra, float), np.asarray(dec, float), *errors], axis=1)


def pair_ranks(source: Floats, candidate: Floats) -> tuple[Floats, Floats]:
    """Return rank and chord of pairs of `positions`: the lower the rank the better."""
    alpha, delta = np.radians(source[:, 0]), np.radians(source[:, 1])
    apart = unit_vectors(*candidate[:, :2].T) - unit_vectors(*source[:, :2].T)
    east = apart[:, 1] * np.cos(alpha) - apart[:, 0] * np.sin(alpha)
    outward = apart[:, 0] * np.cos(alpha) + apart[:, 1] * np.sin(alpha)
    north = apart[:, 2] * np.cos(delta) - outward * np.sin(delta)
    variance = np.maximum(
        _variance(source[:, 2:]) + _variance(candidate[:, 2:]), (FLOOR_ARCSEC * ARCSEC) ** 2
    )
    chi2 = east**2 / variance[:, 0] + north**2 / variance[:, 1]
    rank = 0.5 * chi2 + 0.5 * np.log(variance[:, 0]) + 0.5 * np.log(variance[:, 1])
    return rank, np.sqrt(np.einsum("ij,ij->i", apart, apart))


def _variance(errors: Floats) -> Floats:
    """Return variances [rad^2] of errors [deg], those of unknown errors put in."""
    known = (errors > 0.0) & (errors < np.inf)
    return np.where(known, np.radians(errors), UNKNOWN_ARCSEC * ARCSEC) ** 2


def best_pairs(source: NDArray[np.int64], candidate: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the places of the pairs taken, best first, if each may occur in one pair only.

    The pairs come in order of rank. One that is the first of both its source and its candidate is
    taken whatever the others are, so all such pairs are taken at once.
    """
    left, taken = np.arange(len(source)), [np.empty(0, dtype=np.intp)]
    while len(left):
        s, c = source[left], candidate[left]
        best = np.zeros(len(left), dtype=bool)
        best[
            np.intersect1d(np.unique(s, return_index=True)[1], np.unique(c, return_index=True)[1])
        ] = True
        taken.append(left[best])
        left = left[~np.isin(s, s[best]) & ~np.isin(c, c[best])]
    return np.concatenate(taken)

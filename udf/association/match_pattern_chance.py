"""How probable it is that unrelated sources and stars fall together as well as a match did."""

from math import lgamma, log, log1p

import numpy as np

from skytract.udf.association.match_pattern_pairs import RING, Floats, Limits, Pairs


def log_chance(number: int, expected: float, trials: float) -> float:
    """Return the logarithm of the expected number of chance patterns of at least so many pairs.

    `trials` times the probability that a Poisson variate is at least `number`. That tail is at
    most its first term times 1 / (1 - expected / (number + 1)). Infinite if there are not more
    pairs than expected.

    Examples
    --------
    >>> round(log_chance(3, 0.1, 1.0), 3), log_chance(3, 5.0, 1.0)
    (-8.774, inf)
    """
    if number <= expected:
        return float("inf")
    first = number * log(max(expected, 1e-300)) - expected - lgamma(number + 1.0)
    return log(trials) + first - log1p(-expected / (number + 1.0))


def count_trials(number: int, radius: float, spread: float, limits: Limits, radii: int) -> float:
    """Return how many transforms differ in which `number` pairs they bring within a radius.

    Along each of shift xi, shift eta, rotation and scale, the range of offsets at the rms distance
    of the sources, in windows as wide as the circle of pairs. As a window slides, one of its
    `number` pairs drops out now and then: there are that many times more windows (the clumps of
    scan statistics, Aldous 1989, Probability Approximations via the Poisson Clumping Heuristic,
    section C). Times the number of radii that were tried.
    """
    shift = np.array([limits.shift, limits.shift])
    turn = np.array([limits.rotation, limits.scale]) * spread
    windows = np.concatenate([shift, turn]) / radius
    return float(radii * np.prod(1.0 + 0.5 * number * windows))


def density(pairs: Pairs, distance: Floats, limits: Limits) -> float:
    """Return chance pairs per square arcsec of offsets: on average, or near the match if more.

    `distance` [arcsec], shape (n,), is what the match leaves of the offsets of the pairs; those
    within three tolerances do not count. Where both catalogs are crowded, as in a cluster of
    stars, more pairs than elsewhere are near.
    """
    inner, outer = 3.0 * limits.tolerance, RING * limits.tolerance
    beyond = np.count_nonzero(distance > inner)
    near = beyond - np.count_nonzero(distance > outer)
    average = (beyond + 1.0) / (pairs.area - np.pi * inner**2)
    return float(max(average, (near - np.sqrt(near)) / (np.pi * (outer**2 - inner**2))))

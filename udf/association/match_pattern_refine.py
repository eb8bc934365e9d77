"""From a peak of the votes to the best similarity, and how probable it is by chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.udf.association.match_pattern_chance import count_trials, density, log_chance
from skytract.udf.association.match_pattern_pairs import Floats, Limits, Pairs

SHRINK = np.sqrt(0.5)
"""Each radius over the one before."""

RADII = 7
"""Radii at which pairs are counted, from the tolerance down."""

SLACK = 1.1
"""Rotation and scale may exceed their limits by so much: errors are as large at the limit."""


@dataclass(frozen=True)
class Pattern:
    """A similarity, and how well it brings sources and stars together."""

    transform: Floats
    """Shift xi, shift eta [arcsec], a, b."""
    radius: float
    """Within which pairs are counted [arcsec]."""
    number: int
    """Pairs, each with a source and a star of its own."""
    expected: float
    """Pairs expected there by chance."""
    log_chance: float
    """Logarithm of the expected number of such patterns by chance."""


NOTHING = Pattern(np.zeros(4), 0.0, 0, 0.0, np.inf)


def refine(pairs: Pairs, limits: Limits, start: Floats, reach: float) -> Pattern:
    """Fit the pairs within a shrinking radius of a transform, and return the best of these fits.

    The radius goes down from `reach` [arcsec], at least the tolerance.
    """
    transform, best = start, NOTHING
    ladder = limits.tolerance * SHRINK ** np.arange(RADII)
    while reach * SHRINK > ladder[0]:
        transform = _similarity(pairs, transform, reach, limits)
        reach *= SHRINK
    for radius in ladder.tolist():
        transform = _similarity(pairs, transform, radius, limits)
        found = _judge(pairs, limits, transform, radius)
        best = min(best, found, key=lambda pattern: pattern.log_chance)
    return best


def _judge(pairs: Pairs, limits: Limits, transform: Floats, radius: float) -> Pattern:
    """Count the pairs near a transform."""
    distance = np.hypot(*pairs.residual(transform))
    near = distance < radius
    number = min(_distinct(pairs.source[near]), _distinct(pairs.star[near]))
    expected = density(pairs, distance, limits) * np.pi * radius**2
    trials = count_trials(number, radius, pairs.spread, limits, RADII)
    return Pattern(transform, radius, number, expected, log_chance(number, expected, trials))


def _distinct(rows: NDArray[np.intp]) -> int:
    """Count the rows that differ."""
    return len(set(rows.tolist()))


def _similarity(pairs: Pairs, transform: Floats, radius: float, limits: Limits) -> Floats:
    """Return the least-squares similarity of the pairs within a radius, within the limits."""
    chosen = np.hypot(*pairs.residual(transform)) < radius
    number = np.count_nonzero(chosen)
    if number < 2:
        return transform
    place, offset = pairs.place[:, chosen], pairs.offset[:, chosen]
    middle, mean = place.sum(axis=1) / number, offset.sum(axis=1) / number
    (x, y), (u, v) = place - middle[:, None], offset - mean[:, None]
    square = max(float(x @ x + y @ y), 1e-9)
    a = min(max(float(x @ u + y @ v) / square, -SLACK * limits.scale), SLACK * limits.scale)
    turn = SLACK * limits.rotation
    b = min(max(float(x @ v - y @ u) / square, -turn), turn)
    xi = mean[0] - a * middle[0] + b * middle[1]
    eta = mean[1] - b * middle[0] - a * middle[1]
    return np.array([xi, eta, a, b])

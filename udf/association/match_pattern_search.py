"""The search for a similarity that brings together more sources and stars than chance does."""

import numpy as np
from scipy.spatial import cKDTree

from skytract.udf.association.match_pattern_pairs import Floats, Indices, Limits, find_pairs
from skytract.udf.association.match_pattern_refine import NOTHING, Pattern, refine
from skytract.udf.association.match_pattern_votes import cell_size, peaks

FEWEST = 3
"""Matches, sources and stars below which nothing is claimed: two pairs always agree."""

BRIGHT = (250, 1000)
"""So many of the brightest are tried before all."""

MOST_PAIRS = 200_000
"""Pairs that vote at most; of more sources every second, third... is taken."""

TRIED = 6
"""Peaks of the votes that are refined."""

SURE = 20.0
"""A match less probable than asked for by so many e-folds is not compared with other peaks."""

BLEND = 3.0
"""Of sources closer than this [arcsec], or than a quarter of their usual distance, one votes."""


def search(points: Floats, stars: Floats, limits: Limits, max_chance: float) -> Pattern:
    """Return the least probable pattern of the brightest; of more if it is not improbable enough.

    Positions, shapes (n, 2) and (m, 2), are about the middle of the field, brightest first.
    """
    points, stars = points[_alone(points)], stars[_alone(stars)]
    fewer = min(len(points), len(stars))
    best, enough = NOTHING, np.log(max_chance)
    for size in (*(size for size in BRIGHT if size < fewer), max(len(points), len(stars))):
        pairs = find_pairs(points[:size], stars[:size], limits, MOST_PAIRS)
        cell = cell_size(pairs, limits)
        for start in peaks(pairs, limits, cell, TRIED):
            found = refine(pairs, limits, start, 1.5 * cell)
            if found.number >= FEWEST:
                best = min(best, found, key=lambda pattern: pattern.log_chance)
            if best.log_chance <= enough - SURE:
                break
        if best.log_chance <= enough:
            break
    return best


def _alone(points: Floats) -> Indices:
    """Return the rows without a brighter one close by: pieces of one star are no evidence."""
    area = float(np.prod(np.ptp(points, axis=0)))
    distance = np.clip(0.25 * np.sqrt(area / len(points)), BLEND / 100.0, BLEND)
    # One per cell first, so that in the densest crowd each has but a few neighbours.
    column, row = np.floor((points - points.min(axis=0)) / distance).astype(np.int64).T
    first = np.sort(np.unique(column << 32 | row, return_index=True)[1])
    close = cKDTree(points[first]).query_pairs(distance, output_type="ndarray")
    return np.delete(first, close.max(axis=1))

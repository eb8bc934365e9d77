"""Simulated fields whose frame is shifted and turned, matched to a reference catalog.

`match_pattern.recovered` is the fraction of 10^4 fields whose transform is not found, beside the
0.001 allowed; `match_pattern.false_claims` that of 5000 unrelated fields in which something is
claimed, beside 0.001; `match_pattern.rate` the fields per second, beside 100. All are drawn anew
from the same seed. `match_pattern.astroalign` compares with the triangles of astroalign on easy
fields (skipped where it is not installed: `pip install astroalign`).
"""

import importlib
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.measure import Measure
from skytract.udf.association.match_pattern import PatternMatch, match_pattern

FIELDS = 10_000
UNRELATED = 5_000
PEER_FIELDS = 20
ALLOWED = 1e-3
"""Of the fields: not recovered, or claimed although nothing is common."""
RATE = 100.0
"""Fields per second that are asked for."""
SEED = 8241
HALF = 400.0
"""Half the side of the detector [arcsec]."""
MARGIN = 45.0
"""By which the reference catalog is wider, on each side [arcsec]."""
LIMITS = (30.0, 0.5, 0.01, 1.0, 1e-4)
"""Shift [arcsec], rotation [deg], scale, tolerance [arcsec] and chance that are allowed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """Sources and stars, of which the first `common` are the same, and the truth."""

    common: int
    points: Floats
    flux: Floats
    stars: Floats
    ref_flux: Floats
    matrix: Floats
    shift: Floats
    error: float
    """Of the positions per axis [arcsec]."""

    def match(self) -> PatternMatch:
        """Match it; ids count from 0."""
        ids, ref_ids = np.arange(len(self.points)), np.arange(len(self.stars))
        stars = (ref_ids, *self.stars.T, self.ref_flux)
        return match_pattern(ids, *self.points.T, self.flux, *stars, *LIMITS)

    def recovered(self, match: PatternMatch) -> bool:
        """Tell whether corners of the detector are where they should be, to an arcsec."""
        if match.transform is None:
            return False
        corners = HALF * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
        terms = np.array(match.transform).reshape(2, 3)
        found = terms[:, 0] + corners @ terms[:, 1:].T
        return bool(np.abs(found - self.shift - corners @ self.matrix.T).max() < 1.0)


def draw_field(rng: np.random.Generator, common: int, sources: int, stars: int) -> Field:
    """Draw sources, and so many stars on the same area, some of them in common.

    Errors of 0.03 to 0.3 arcsec per axis, any shift to 30 arcsec, rotation to 0.5 deg and scale to
    a per cent. In every fifth field, a third of the other sources and stars lie around brighter
    ones, as pieces and spurious sources do. Seven tenths of the fields have fluxes that tell
    something.
    """
    wide = HALF + MARGIN
    points = rng.uniform(-HALF, HALF, (sources, 2))
    error = float(rng.uniform(0.03, 0.3))
    turn, scale = np.radians(rng.uniform(-0.5, 0.5)), 1.0 + rng.uniform(-0.01, 0.01)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    way, angle = 30.0 * np.sqrt(rng.uniform()), rng.uniform(0.0, 2.0 * np.pi)
    shift = way * np.array([np.cos(angle), np.sin(angle)])
    seen = points[:common] @ matrix.T + shift + rng.normal(0.0, error, (common, 2))
    others = max(0, round(stars * (wide / HALF) ** 2) - common)
    places = np.concatenate([seen, rng.uniform(-wide, wide, (others, 2))])
    if rng.uniform() < 0.2:
        for crowd in (points, places):
            piece = rng.permutation(np.arange(common, len(crowd)))[: (len(crowd) - common) // 3]
            hosts = rng.integers(0, len(crowd), len(piece))
            crowd[piece] = crowd[hosts] + rng.normal(0.0, 2.0, (len(piece), 2))
    flux, ref_flux = rng.pareto(1.0, len(points)), rng.pareto(1.0, len(places))
    if rng.uniform() < 0.7:
        ref_flux[:common] = flux[:common] * rng.lognormal(0.0, 0.5, common)
    return Field(common, points, flux, places, ref_flux, matrix, shift, error)


def related(number: int) -> Field:
    """Return a field of the list: every tenth with 10 stars in common out of 100 and 100.

    The others have 10 to 400, which are a tenth to all of the sources, of which there are at least
    100, and another such fraction of the stars.
    """
    rng = np.random.default_rng([SEED, 0, number])
    if number % 10 == 0:
        return draw_field(rng, 10, 100, 100)
    common = int(np.exp(rng.uniform(np.log(10.0), np.log(400.0))))
    sources, stars = (common / rng.uniform(0.1, 1.0, 2)).astype(int)
    return draw_field(rng, common, max(100, int(sources)), max(100, int(stars)))


def unrelated(number: int) -> Field:
    """Return a field with nothing in common: 30 to 1000 sources and stars."""
    rng = np.random.default_rng([SEED, 1, number])
    sources, stars = np.exp(rng.uniform(np.log(30.0), np.log(1000.0), 2)).astype(int)
    return draw_field(rng, 0, int(sources), int(stars))


def recover(numbers: Iterable[int]) -> tuple[int, int, float]:
    """Return how many fields are recovered, how many claims are wrong, and the seconds it took."""
    right = wrong = 0
    seconds = 0.0
    for number in numbers:
        field = related(number)
        began = time.perf_counter()
        match = field.match()
        seconds += time.perf_counter() - began
        good = field.recovered(match)
        right += good
        wrong += match.matched and not good
    return right, wrong, seconds


def chances(numbers: Iterable[int]) -> Floats:
    """Return the chance probability of the best match of unrelated fields."""
    return np.array([unrelated(number).match().chanceProbability for number in numbers])


def run(
    fields: int = FIELDS, others: int = UNRELATED, peer_fields: int = PEER_FIELDS
) -> Iterator[Measure]:
    """Measure on one core."""
    right, wrong, seconds = recover(range(fields))
    missed = fields - right
    note = f"{missed} of {fields} fields not recovered, {wrong} of them claimed wrongly"
    yield beside("recovered", missed, fields, note)
    rate = fields / seconds
    yield {
        "name": "match_pattern.rate",
        "ours": rate,
        "peer": RATE,
        "unit": "fields/s",
        "ratio": rate / RATE,
        "agree": missed <= ALLOWED * fields,
        "note": "the rate asked for; one core",
    }
    found = chances(range(others))
    claims = int(np.count_nonzero(found <= LIMITS[-1]))
    levels = ", ".join(f"{np.mean(found <= p):.4f} below {p}" for p in (0.1, 0.01, 0.001))
    note = f"{claims} claims in {others} unrelated fields; of their chance probabilities {levels}"
    yield beside("false_claims", claims, others, note)
    peer = beside_astroalign(peer_fields)
    if peer:
        yield peer


def beside(name: str, faults: int, fields: int, note: str) -> Measure:
    """Compare the fraction of fields that went wrong with what is allowed."""
    return {
        "name": f"match_pattern.{name}",
        "ours": faults / fields,
        "peer": ALLOWED,
        "unit": "of the fields wrong",
        "ratio": ALLOWED * fields / max(faults, 1),
        "agree": faults <= ALLOWED * fields,
        "note": note,
    }


def beside_astroalign(fields: int) -> Measure | None:
    """Compare with astroalign where nine tenths of 100 stars are common, or say why not."""
    try:
        astroalign = importlib.import_module("astroalign")
    except ImportError as error:
        print(f"match_pattern.astroalign skipped: {error}", file=sys.stderr)
        return None
    easy = [draw_field(np.random.default_rng([SEED, 2, n]), 90, 100, 100) for n in range(fields)]
    began = time.perf_counter()
    ours = sum(field.recovered(field.match()) for field in easy)
    middle = time.perf_counter()
    theirs = 0
    for field in easy:
        points, stars = (
            places[np.argsort(-flux)]
            for places, flux in ((field.points, field.flux), (field.stars, field.ref_flux))
        )
        try:
            found = astroalign.find_transform(points, stars, max_control_points=50)[0].params
        except (astroalign.MaxIterError, ValueError):
            continue
        theirs += bool(np.abs(found[:2, 2] - field.shift).max() < 1.0)
    ended = time.perf_counter()
    return {
        "name": "match_pattern.astroalign",
        "ours": fields / (middle - began),
        "peer": fields / (ended - middle),
        "unit": "fields/s",
        "ratio": (ended - middle) / (middle - began),
        "agree": ours == fields,
        "note": f"90 of 100 stars in common; ours recovers {ours}, astroalign {theirs} of {fields}",
    }

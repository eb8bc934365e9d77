import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skytract.pipelines.simulate.transients import RATES, bright_events
from skytract.pipelines.simulate.variability.kinds import (
    PULSATORS,
    VARIABLE_KINDS,
    empty_variables,
    kind_index,
)
from skytract.pipelines.simulate.variability.modulation import BLOCK, modulation
from skytract.pipelines.simulate.variability.pulsators import pulsating_stars
from skytract.pipelines.simulate.variability.stars import binaries, flare_stars
from tests.pipelines.simulate.variability.rows import with_ids

EACH = 40


@pytest.fixture(scope="module")
def zoo():
    """Return objects of every kind, EACH of them, mixed."""
    rng = np.random.default_rng(7)
    parts = [empty_variables(EACH, kind) for kind in VARIABLE_KINDS]
    for kind in PULSATORS:
        parts[kind_index(kind)] = pulsating_stars(kind, rng.random((EACH, 5)))
    double, flaring, quasar = (
        parts[kind_index(kind)] for kind in ("eclipsing", "flareStar", "dampedRandomWalk")
    )
    temperature = rng.uniform(2.9, 6.5, EACH)
    double["period"], double["varParams"] = binaries(rng.random((EACH, 9)), temperature)
    double["epochOfMax"] = 60000.0
    flaring["varParams"] = flare_stars(rng.random((EACH, 9)), temperature)
    quasar["varParams"][:, :3] = rng.uniform([5.0, 0.05, 0.3], [3000.0, 0.6, 4.0], (EACH, 3))
    for rate in RATES:
        redshift = rng.uniform(0.001, 1.5, EACH)
        parts[kind_index(rate.kind)] = bright_events(rate, redshift, rng.random((EACH, 3)))
    return with_ids(rng.permutation(np.concatenate(parts)))


@given(st.floats(60000.0, 65000.0, exclude_max=True), st.integers(0, 5), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_factors_are_finite_and_belong_to_object_and_time_alone(zoo, mjd, band, seed):
    factor = modulation(zoo, mjd, band)
    assert np.all(np.isfinite(factor)) and np.all(factor >= 0.0)
    assert np.all(factor[zoo["varKind"] < kind_index("supernovaIa")] > 0.0)
    rows = np.random.default_rng(seed).permutation(len(zoo))[:50]
    np.testing.assert_array_equal(modulation(zoo[rows], np.full(50, mjd), band), factor[rows])


def test_blocks_do_not_show(zoo):
    many = np.tile(zoo, 3 * BLOCK // EACH)[: 2 * BLOCK + 5]
    times = 60000.0 + np.arange(len(many)) * 0.31
    whole = modulation(many, times, 3)
    np.testing.assert_array_equal(modulation(many[7:], times[7:], 3), whole[7:])

"""Random numbers of a thing: uniform, normal, the same again, others for another thing."""

import numpy as np
from scipy.stats import kstest

from skytract.pipelines.simulate.randoms import Dice, Stream

NUMBER = 200_001


def dice(key=1):
    return Dice(7, Stream.CATALOG_SOURCE, key)


def test_they_are_uniform_and_normal():
    uniform, normal = dice().uniform(NUMBER), dice().normal(NUMBER)
    assert len(uniform) == len(normal) == NUMBER
    assert uniform.min() > 0.0 and uniform.max() <= 1.0
    assert np.isfinite(normal).all()
    # The seed is fixed: these are no chances of 1 in 1,000, but numbers that never change.
    assert kstest(uniform, "uniform").pvalue > 1e-3
    assert kstest(normal, "norm").pvalue > 1e-3
    first, second = normal[: NUMBER // 2], normal[NUMBER // 2 : 2 * (NUMBER // 2)]
    for a, b in ((first, second), (first**2, second**2), (normal[1:], normal[:-1])):
        assert abs(np.corrcoef(a, b)[0, 1]) < 4.0 / np.sqrt(len(a))


def test_they_belong_to_their_key():
    np.testing.assert_array_equal(dice().normal(9), dice().normal(9))
    assert not np.any(dice().normal(9) == dice(2).normal(9))
    assert len(dice().normal(0)) == len(dice().uniform(0)) == 0

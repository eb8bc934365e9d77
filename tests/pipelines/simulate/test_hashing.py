import numpy as np
from scipy.stats import kstest

from skytract.pipelines.simulate.hashing import as_normal, hashed, uniforms
from skytract.pipelines.simulate.randoms import Stream


def test_numbers_are_uniform_and_neighbouring_keys_unrelated():
    draws = uniforms(Stream.FLARE, np.arange(200)[:, None], np.arange(-100, 100))
    assert kstest(draws.ravel(), "uniform").pvalue > 0.01
    for shifted in (draws[1:] * draws[:-1], draws[:, 1:] * draws[:, :-1]):
        # The product of two independent uniform numbers has mean 1/4, variance 7/144.
        assert abs(shifted.mean() - 0.25) < 4.0 * np.sqrt(7.0 / 144.0 / shifted.size)


def test_a_number_depends_on_its_keys_alone():
    keys = np.array([5, 2**62, -7])
    together = uniforms(Stream.FLARE, keys, 3)
    alone = [float(uniforms(Stream.FLARE, key, 3)) for key in keys]
    np.testing.assert_array_equal(together, alone)
    assert not np.any(together == uniforms(Stream.RANDOM_WALK, keys, 3))
    assert not np.any(together == uniforms(Stream.FLARE, 3, keys))


def test_normal_numbers_have_unit_variance():
    draws = as_normal(hashed(np.zeros(1, np.uint64), np.arange(100000)))
    assert kstest(draws, "norm").pvalue > 0.01

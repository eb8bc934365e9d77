"""Random numbers that belong to (thing, time): looked up by key, in arrays, in any order."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from skytract.pipelines.simulate.randoms import Stream

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def uniforms(stream: Stream, *keys: ArrayLike) -> NDArray[np.float64]:
    """Return uniform numbers in (0, 1), one per broadcast combination of integer keys.

    Unlike `generator`, which costs microseconds per key, this is a stateless hash of the keys: the
    output function of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA, fig. 17) after each key.

    Parameters
    ----------
    stream
        What the numbers decide.
    *keys
        Integers (ids of objects, indices of time steps) of shapes that broadcast.

    Examples
    --------
    >>> both = uniforms(Stream.FLARE, [7, 8], 3)
    >>> bool(both[1] == uniforms(Stream.FLARE, 8, 3))
    True
    """
    state = hashed(np.full(1, int(stream), np.uint64), *keys)
    shape = np.broadcast_shapes(*(np.shape(key) for key in keys))
    return as_uniform(state).reshape(shape)


def hashed(state: NDArray[np.uint64], *keys: ArrayLike) -> NDArray[np.uint64]:
    """Return 64 hashed bits of a state and further integer keys, of shapes that broadcast."""
    for key in keys:
        state = _mixed(state ^ np.asarray(key, np.int64).view(np.uint64))
    return state


def as_uniform(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return numbers in (0, 1) made of the upper 53 bits."""
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53 + 2.0**-54)


def as_normal(bits: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Return standard normal numbers of hashed bits."""
    return np.asarray(ndtri(as_uniform(bits)))


def _mixed(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Advance SplitMix64 by one step and scramble the bits; overflow is meant."""
    bits = bits + _GOLDEN
    bits ^= bits >> np.uint64(30)
    bits *= _MIX[0]
    bits ^= bits >> np.uint64(27)
    bits *= _MIX[1]
    bits ^= bits >> np.uint64(31)
    return bits

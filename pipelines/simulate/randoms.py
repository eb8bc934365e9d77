"""Random numbers that belong to a thing (cell of sky, visit, frame), not to an order of work."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What a stream of random numbers decides; a new member never changes the older ones."""

    STARS = 1
    GALAXIES = 2
    RR_LYRAE = 3
    ECLIPSING = 4
    SINUSOIDAL = 5
    NIGHT = 6
    VISIT = 7
    GREY = 8
    DETECTOR = 9
    FRAME = 10
    REFERENCE = 11
    QUASARS = 12
    GROUPS = 13
    PULSATORS = 30
    VARIABLE_STARS = 31
    VARIABLE_QUASARS = 32
    TRANSIENTS = 33
    RANDOM_WALK = 34
    FLARE = 35
    ORBITS = 36
    CATALOG_VISIT = 60
    CATALOG_CAMERA = 61
    CATALOG_DETECTOR = 62
    CATALOG_SOURCE = 63
    CATALOG_DIA = 64
    CATALOG_FORCED = 65
    CATALOG_COADD = 66
    CATALOG_WEATHER = 67


def generator(seed: int, stream: Stream, *key: int) -> np.random.Generator:
    """Return the generator that belongs to `key` within a stream.

    The counter-based Philox generator is keyed by (seed, stream, key), so that what is drawn for a
    cell or a frame depends neither on the region asked for nor on what was drawn before.

    Parameters
    ----------
    seed
        The survey's seed, >= 0.
    stream
        What the numbers decide.
    *key
        HEALPix cell; or visit; or visit and detector.

    Examples
    --------
    >>> a = generator(42, Stream.STARS, 1234).integers(0, 1000, 3)
    >>> b = generator(42, Stream.STARS, 1234).integers(0, 1000, 3)
    >>> bool((a == b).all())
    True
    """
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(int(stream), *key))
    return np.random.Generator(np.random.Philox(sequence))

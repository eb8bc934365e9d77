"""A cell of the sky: what is drawn together, as a function of the seed and nothing else."""

from dataclasses import dataclass
from functools import cached_property

import healpy
import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.milky_way import GALACTIC
from skytract.pipelines.simulate.objects import POSITION_ORDER
from skytract.pipelines.simulate.randoms import Stream, generator

CELL_ORDER = 8
"""The sky is drawn cell by cell, in HEALPix pixels (NESTED) of this order: 13.7 arcmin wide."""


@dataclass(frozen=True)
class Cell:
    """A HEALPix pixel of order CELL_ORDER of the sky of a seed.

    `boost` multiplies the density of pulsating stars: a small survey needs more of them than the
    sky has.
    """

    seed: int
    index: int
    boost: float = 1.0

    area = 4.0 * np.pi / (12 * 4**CELL_ORDER)
    """sr."""

    @cached_property
    def centre(self) -> NDArray[np.float64]:
        """ICRS unit vector, shape (3,)."""
        return np.array(healpy.pix2vec(1 << CELL_ORDER, self.index, nest=True))

    @cached_property
    def direction(self) -> NDArray[np.float64]:
        """Galactic unit vector of the centre, shape (3,)."""
        return np.asarray(GALACTIC @ self.centre)

    def generator(self, stream: Stream) -> np.random.Generator:
        """Return the random numbers that decide one thing in this cell."""
        return generator(self.seed, stream, self.index)

    def inside(self, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return uniform positions within the cell as even indices of order 29, shape (n,)."""
        half = 4 ** (POSITION_ORDER - CELL_ORDER) // 2
        return np.asarray(2 * (self.index * half + (uniform * half).astype(np.int64)))

    def marked(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """Make indices of order 29 even within the cell and odd outside, shape (n,).

        What belongs to a cell but lies in its neighbour thus never has the id of the neighbour's.
        """
        outside = indices >> 2 * (POSITION_ORDER - CELL_ORDER) != self.index
        return np.asarray((indices & ~1) | outside)

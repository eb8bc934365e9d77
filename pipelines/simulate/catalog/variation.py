"""How the objects in the field of a visit differ from their mean, and from the templates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.sky_table import Indices, SkyTable
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.variability.modulation import modulation


@dataclass(frozen=True)
class Variation:
    """What varies in the field of a visit, shape (m,) each.

    Attributes
    ----------
    rows
        Its rows in the table of the sky, ascending.
    factor
        Flux over the mean flux.
    change
        The same, less that of the template.
    """

    rows: Indices
    factor: NDArray[np.float64]
    change: NDArray[np.float64]

    @classmethod
    def within(cls, sky: SkyTable, visit: np.void, radius: float) -> "Variation":
        """Evaluate all light curves within `radius` deg of the boresight at once."""
        near = sky.rows_near(unit_vectors(visit["ra"], visit["dec"]), float(np.radians(radius)))
        rows = np.sort(near[sky.targets.varies.take(near)])
        band = int(visit["band"])
        factor = modulation(sky.objects.take(rows), float(visit["expMidptMJD"]), band)
        return cls(rows, factor, factor - sky.template.take(rows, axis=0)[:, band])

    def of(self, rows: Indices) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the factors and changes of objects in the field that vary, by their rows, (n,)."""
        found = np.searchsorted(self.rows, rows)
        return self.factor.take(found), self.change.take(found)

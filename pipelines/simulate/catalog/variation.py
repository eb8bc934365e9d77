"""How the objects in the field of a visit differ from their mean, and from the templates."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.columns import Rows
from skytract.pipelines.simulate.catalog.sky_table import TEMPLATE_MJD, Indices, SkyTable
from skytract.pipelines.simulate.catalog.throughput import Spectra
from skytract.pipelines.simulate.objects import is_kind
from skytract.pipelines.simulate.sites import unit_vectors
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.transient_spectra import transient_shapes


@dataclass(frozen=True)
class Light(Rows):
    """What varying objects shine with, shape (m,) each.

    Attributes
    ----------
    factor, before
        Flux over the mean flux now and in the template; of transients, whether they shine.
    spectrum, spectrumBefore
        Places of their spectra now and in the template among those of the visit: the survey's, and
        after them those of the transients.
    """

    factor: NDArray[np.float64]
    before: NDArray[np.float64]
    spectrum: Indices
    spectrumBefore: Indices


@dataclass(frozen=True)
class Variation:
    """What varies in the field of a visit.

    Attributes
    ----------
    rows
        Its rows in the table of the sky, ascending, shape (m,).
    light
        What it shines with.
    fNu
        Spectra that belong to this visit alone: of transients, now and in the template, (t, 801).
    """

    rows: Indices
    light: Light
    fNu: NDArray[np.float64]

    @classmethod
    def within(cls, sky: SkyTable, spectra: Spectra, visit: np.void, radius: float) -> "Variation":
        """Evaluate all light curves within `radius` deg of the boresight at once."""
        near = sky.rows_near(unit_vectors(visit["ra"], visit["dec"]), float(np.radians(radius)))
        rows = np.sort(near[sky.targets.varies.take(near)])
        objects, band = sky.objects.take(rows), int(visit["band"])
        now = float(visit["expMidptMJD"])
        factor = modulation(objects, now, band)
        before = sky.template.take(rows, axis=0)[:, band].astype(np.float64)
        slot = spectra.slot.take(objects["sed"])
        light = Light(factor, before, slot.copy(), slot.copy())
        events, first, own = is_kind(objects, "transient"), len(spectra.fNu) - 1, []
        for mjd, shines, place in (
            (now, light.factor, light.spectrum),
            (TEMPLATE_MJD, light.before, light.spectrumBefore),
        ):
            lit = np.flatnonzero(events & (shines > 0.0))
            own.append(transient_shapes(objects[lit], mjd))
            own[-1] *= spectra.fNu[slot[lit]]
            shines[lit], place[lit] = 1.0, first + np.arange(len(lit))
            first += len(lit)
        return cls(rows, light, np.concatenate(own))

    def of(self, rows: Indices) -> Light:
        """Return the light of objects in the field that vary, by their rows."""
        return self.light.take(np.searchsorted(self.rows, rows))

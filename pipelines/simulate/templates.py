"""Spectra of everything in the simulated sky: one table that objects point into."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from skytract.loaders.passband_library import read_standard_passbands
from skytract.pipelines.simulate.one_thread import one_thread
from skytract.pipelines.simulate.template_grid import (
    SpectraGrid,
    flat_grid,
    galaxy_grids,
    qso_grid,
    star_grids,
)
from skytract.udf.calibration.spectra import mean_fluxes


@dataclass(frozen=True)
class Grid:
    """Where the spectra of one family stand in the table: reddening x member x redshift.

    Attributes
    ----------
    start
        Index of the first.
    reddenings
        E(B-V) of the dust in front, mag, ascending, shape (R,).
    colours
        g-i of the members at the first redshift without dust, shape (M,); stars ascend in it.
    redshifts
        Ascending, shape (Z,); stars have one, 0.
    """

    start: int
    reddenings: NDArray[np.float64]
    colours: NDArray[np.float64]
    redshifts: NDArray[np.float64]

    def index(
        self, member: NDArray[np.int64], reddening: ArrayLike, redshift: ArrayLike = 0.0
    ) -> NDArray[np.int64]:
        """Return the rows of members at the nearest E(B-V) and redshift, shape (n,)."""
        level = _nearest(self.reddenings, reddening) * len(self.colours)
        row = (level + member) * len(self.redshifts) + _nearest(self.redshifts, redshift)
        return np.asarray(self.start + row)

    def nearest_redshift(self, redshift: ArrayLike) -> NDArray[np.float64]:
        """Return the redshifts of the spectra that `index` chooses."""
        return np.asarray(self.redshifts[_nearest(self.redshifts, redshift)])

    def of_colour(self, colour: NDArray[np.float64], reddening: ArrayLike) -> NDArray[np.int64]:
        """Return the rows of the stars nearest in g-i before reddening, shape (n,)."""
        return self.index(_nearest(self.colours, colour), reddening)


@dataclass(frozen=True)
class Templates:
    """Spectra, and where to find which.

    Attributes
    ----------
    names
        What each is: spectra of the library, E(B-V), redshift; shape (T,).
    fNu
        f_nu in the bins of 1 nm, of mean 1 nJy in the standard r passband, shape (T, 801).
    ratios
        Mean flux in the standard passbands ugrizy, shape (T, 6).
    kinds
        Name of the family of each, shape (T,).
    grids
        Places of the families "dwarf", "subdwarf", "giant", "whiteDwarf", "early", "spiral",
        "irregular", "qso" and "transient".
    """

    names: tuple[str, ...]
    fNu: NDArray[np.float32]
    ratios: NDArray[np.float64]
    kinds: NDArray[np.str_]
    grids: dict[str, Grid]


@cache
def templates() -> Templates:
    """Return the templates; made once per process from the library of spectra.

    Raises
    ------
    SkytractError
        If a package with spectra is not installed; the sentence names it.
    """
    with one_thread():
        grids = {**star_grids(), **galaxy_grids(), "qso": qso_grid(), "transient": flat_grid()}
        _, throughput = read_standard_passbands()
        spectra = np.concatenate([grid.fNu for grid in grids.values()])
        ratios = mean_fluxes(spectra, throughput)
    spectra /= ratios[:, 2:3].astype(np.float32)
    ratios /= ratios[:, 2:3]
    names = tuple(name for grid in grids.values() for name in grid.names)
    kinds = np.repeat(list(grids), [len(grid.fNu) for grid in grids.values()])
    spectra.flags.writeable = ratios.flags.writeable = False
    return Templates(names, spectra, ratios, kinds, dict(_places(grids, ratios)))


def _places(
    grids: dict[str, SpectraGrid], ratios: NDArray[np.float64]
) -> Sequence[tuple[str, Grid]]:
    """Return the grids with the rows at which they start."""
    places, start = [], 0
    for name, grid in grids.items():
        first = start + np.arange(grid.members) * len(grid.redshifts)
        colours = 2.5 * np.log10(ratios[first, 3] / ratios[first, 1])
        places.append((name, Grid(start, grid.reddenings, colours, grid.redshifts)))
        start += len(grid.fNu)
    return places


def stars_of_colour(gr: NDArray[np.float64], reddening: ArrayLike = 0.0) -> NDArray[np.int64]:
    """Return the dwarfs nearest in g-r before reddening, shape (n,)."""
    grid = templates().grids["dwarf"]
    own = templates().ratios[grid.start : grid.start + len(grid.colours)]
    colours = 2.5 * np.log10(own[:, 2] / own[:, 1])
    order = np.argsort(colours)
    return grid.index(order[_nearest(colours[order], gr)], reddening)


def standard_fluxes(
    objects: NDArray[np.void], ratios: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the mean flux [nJy] in the standard passbands ugrizy, shape (n, 6).

    Companions are contained, variability is not. `ratios` are those of the templates, where they
    are at hand already.
    """
    ratios = templates().ratios if ratios is None else ratios
    flux = objects["flux"][:, None] * ratios[objects["sed"]]
    double = np.flatnonzero(objects["companionSed"] >= 0)
    companion = objects["companionFlux"][double, None] * ratios[objects["companionSed"][double]]
    flux[double] += companion
    return np.asarray(flux)


def _nearest(nodes: NDArray[np.float64], values: ArrayLike) -> NDArray[np.int64]:
    """Return the index of the nearest of ascending nodes."""
    return np.asarray(np.searchsorted((nodes[1:] + nodes[:-1]) / 2.0, values))

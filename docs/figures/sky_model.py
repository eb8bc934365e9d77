"""Draw docs/figures/sky_model.svg: the simulated sky over published stars, counts and clustering.

Run with the published data in ../shared/data or in the folder that SKYTRACT_DATA names:
python docs/figures/sky_model.py
"""

import os
from pathlib import Path

import healpy
import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from astropy.coordinates import SkyCoord
from astropy.table import Table
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from skytract.pipelines.demo.plots import COLOURS
from skytract.pipelines.simulate import quasars, stars
from skytract.pipelines.simulate.cell import CELL_ORDER, Cell
from skytract.pipelines.simulate.galaxies import draw_galaxies
from skytract.pipelines.simulate.milky_way import GALACTIC
from skytract.pipelines.simulate.stars import draw_stars
from skytract.pipelines.simulate.templates import standard_fluxes, templates

HERE = Path(__file__).parent
DATA = Path(os.environ.get("SKYTRACT_DATA", HERE.parents[2] / "shared" / "data"))

Floats = NDArray[np.float64]

SQUARE_DEGREE = np.radians(1.0) ** 2

COSMOS = {19.25: 3.01, 20.25: 3.44, 21.25: 3.85, 22.25: 4.21, 23.25: 4.54, 24.25: 4.86, 25.25: 5.08}
"""i and log10 of galaxies per deg^2 and magnitude (Weaver et al. 2022, ApJS 258, 11, table 2)."""

BOSS = np.array([[18.0, 19.0, 20.0, 20.5, 21.0, 21.5], [0.084, 1.23, 6.06, 10.7, 17.4, 26.1]])
"""i and quasars per deg^2 brighter than it at 2.2 < z < 3.5 (Ross et al. 2013, ApJ 773, 14)."""


def cells_at(ra: float, dec: float, radius: float) -> list[Cell]:
    """Return the cells within a radius, deg."""
    centre = healpy.ang2vec(ra, dec, lonlat=True)
    found = healpy.query_disc(1 << CELL_ORDER, centre, np.radians(radius), nest=True)
    return [Cell(1, int(cell)) for cell in found]


def draw_locus(axes: Axes) -> None:
    """Draw g-r and r-i of stars with SDSS spectra, and of simulated stars."""
    table = pd.read_csv(DATA / "sdss_spec_class" / "sdss.csv.gz")
    real = table[(table["class"] == "STAR") & (table["r"] < 20.0)]
    drawn = np.concatenate([draw_stars(cell, 20.0)[0] for cell in cells_at(150.0, 2.0, 0.8)])
    magnitude = -2.5 * np.log10(standard_fluxes(drawn))
    style = {"s": 3.0, "linewidths": 0.0, "rasterized": True}
    axes.scatter(real["g"] - real["r"], real["r"] - real["i"], color="0.6", label="SDSS", **style)
    colours = magnitude[:, 1] - magnitude[:, 2], magnitude[:, 2] - magnitude[:, 3]
    axes.scatter(*colours, color=COLOURS["r"], label="simulated", **style)
    axes.set(xlim=(-0.6, 1.8), ylim=(-0.6, 2.2), xlabel="g - r [mag]", ylabel="r - i [mag]")
    axes.set_title("Stars of r < 20", fontsize=9)
    axes.legend(fontsize=7, markerscale=3.0)


def draw_star_counts(axes: Axes) -> None:
    """Draw cumulative star counts over those of Gaia DR2 in a field, and in other directions."""
    names = [f"gaia_dr2_{k}.fits.gz" for k in (189584, 189648)]
    tables = [Table.read(DATA / "hsc_s82_field" / name) for name in names]
    flux, ra, dec = (
        np.concatenate([np.asarray(table[name]) for table in tables])
        for name in ("phot_g_mean_flux", "coord_ra", "coord_dec")
    )
    inside = (np.abs(np.degrees(ra) - 320.9) < 0.2) & (np.abs(np.degrees(dec) + 0.5) < 0.2)
    gaia = np.sort(31.4 - 2.5 * np.log10(flux[inside]))
    gaia = gaia[(gaia > stars.BRIGHT) & (gaia < 20.5)]
    observed = np.arange(1, len(gaia) + 1) / 0.16
    axes.semilogy(gaia, observed, color="0.6", linewidth=4.0, label="Gaia DR2, l 53, b -34")
    fields = {"l 53, b -34": SkyCoord(320.9, -0.5, unit="deg")}
    for longitude, latitude in ((0.0, 90.0), (90.0, 20.0), (0.0, -8.0)):
        there = SkyCoord(longitude, latitude, unit="deg", frame="galactic")
        fields[f"l {longitude:.0f}, b {latitude:.0f}"] = there.icrs
    for name, place in fields.items():
        direction = GALACTIC @ healpy.ang2vec(place.ra.deg, place.dec.deg, lonlat=True)
        number = stars.counts(direction, 26.0)[0].sum(axis=1).cumsum() * SQUARE_DEGREE
        faintest = stars.BRIGHT + 0.2 * (np.arange(len(number)) + 1.0)
        axes.semilogy(faintest, number, label=name)
    axes.set(xlabel="r (G of Gaia) [mag]", ylabel="stars per deg$^2$ brighter", xlim=(15, 26))
    axes.set_ylim(50.0, 1e8)
    axes.legend(fontsize=7)


def draw_distant_counts(axes: Axes) -> None:
    """Draw counts of galaxies and quasars in i over published ones."""
    cells = cells_at(150.0, 2.0, 0.3)
    galaxies = np.concatenate([draw_galaxies(cell, 26.5)[0] for cell in cells])
    infrared = 31.4 - 2.5 * np.log10(standard_fluxes(galaxies)[:, 3])
    number, edges = np.histogram(infrared, np.arange(17.0, 26.01, 0.5))
    area = len(cells) * Cell.area / SQUARE_DEGREE
    axes.stairs(number / 0.5 / area, edges, color=COLOURS["i"], label="galaxies per mag")
    axes.plot(list(COSMOS), 10.0 ** np.array(list(COSMOS.values())), "o", color="0.4", ms=4)
    grid = templates().grids["qso"]
    rows = grid.index(np.full(len(grid.redshifts), 1), 0.0, grid.redshifts)
    step = quasars.BRIGHT + 0.1 * (np.arange(len(quasars.counts())) + 0.5)
    magnitude = step[:, None] - 2.5 * np.log10(templates().ratios[rows, 3])
    there = (grid.redshifts > 2.2) & (grid.redshifts < 3.5)
    limits = np.arange(17.5, 25.0, 0.1)
    brighter = [
        np.sum(quasars.counts()[:, there][magnitude[:, there] < i]) * SQUARE_DEGREE for i in limits
    ]
    axes.plot(limits, brighter, color=COLOURS["g"], label="quasars, 2.2 < z < 3.5, brighter")
    axes.plot(*BOSS, "o", color="0.4", ms=4, label="COSMOS; BOSS")
    axes.set(yscale="log", xlabel="i [mag]", ylabel="per deg$^2$", xlim=(17.5, 26))
    axes.legend(fontsize=7)


def draw_clustering(axes: Axes) -> None:
    """Draw the angular correlation of galaxies at r = 22 over the published power law."""
    centre, radius = healpy.ang2vec(40.0, -3.0, lonlat=True), np.radians(0.8)
    places, magnitude = [], []
    for cell in cells_at(40.0, -3.0, 1.2):
        galaxies, indices = draw_galaxies(cell, 22.5)
        places.append(np.stack(healpy.pix2vec(1 << 29, indices, nest=True), axis=1))
        magnitude.append(31.4 - 2.5 * np.log10(galaxies["flux"]))
    everything = np.concatenate(places)[np.concatenate(magnitude) > 21.5]
    inner = everything[everything @ centre > np.cos(radius)]
    edges = np.geomspace(3.0, 100.0, 8)
    angle = np.radians(edges / 3600.0)
    pairs = np.diff(cKDTree(inner).count_neighbors(cKDTree(everything), 2.0 * np.sin(angle / 2.0)))
    density = len(inner) / (2.0 * np.pi * (1.0 - np.cos(radius)))
    random = len(inner) * density * np.diff(-2.0 * np.pi * np.cos(angle))
    middle = np.sqrt(edges[1:] * edges[:-1])
    bars = np.sqrt(2.0 * pairs) / random
    axes.errorbar(middle, pairs / random - 1.0, bars, fmt="o", ms=4, label="simulated")
    published = (middle / 10.0 ** (-0.4 * (22.0 - 21.5))) ** -0.7
    axes.plot(middle, published, color="0.6", linewidth=3.0, label="Morganson & Blandford 2009")
    axes.set(xscale="log", yscale="log", xlabel="separation [arcsec]", ylabel="w")
    axes.set_xticks([5, 10, 20, 50, 100], ["5", "10", "20", "50", "100"])
    axes.set_yticks([0.03, 0.1, 0.3], ["0.03", "0.1", "0.3"])
    axes.minorticks_off()
    axes.set_title("Galaxies of 21.5 < r < 22.5", fontsize=9)
    axes.legend(fontsize=7)


def main() -> None:
    """Draw the four panels."""
    plt.rcParams["svg.hashsalt"] = "skytract"
    figure, axes = plt.subplots(2, 2, figsize=(9.0, 7.0), layout="constrained")
    draw_locus(axes[0, 0])
    draw_star_counts(axes[0, 1])
    draw_distant_counts(axes[1, 0])
    draw_clustering(axes[1, 1])
    figure.savefig(HERE / "sky_model.svg", metadata={"Date": None}, dpi=150)


if __name__ == "__main__":
    main()

"""Draw docs/figures/light_curves.svg: simulated light curves over published ones.

Run with the published data in ../shared/data or in the folder that SKYTRACT_DATA names:
python docs/figures/light_curves.py
"""

import io
import os
import tarfile
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
import pandas as pd
from astropy.timeseries import LombScargle
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from skytract.pipelines.demo.plots import COLOURS
from skytract.pipelines.simulate.solar_system.populations import draw_orbits
from skytract.pipelines.simulate.variability.kinds import VARIABLE, kind_index
from skytract.pipelines.simulate.variability.modulation import modulation
from skytract.pipelines.simulate.variability.pulsators import pulsating_stars
from skytract.pipelines.simulate.variability.random_walk import unit_walk

HERE = Path(__file__).parent
DATA = Path(os.environ.get("SKYTRACT_DATA", HERE.parents[2] / "shared" / "data"))

OBJECT = np.dtype([*VARIABLE.descr, ("truthId", "i8")])
PHASE = np.linspace(0.0, 2.0, 800)


def star(kind: str, amplitude: float, period: float) -> NDArray[np.void]:
    """Return the star of a kind that is nearest in amplitude and period of 2000."""
    drawn = pulsating_stars(kind, np.random.default_rng(1).random((2000, 5)))
    off = np.hypot(drawn["varParams"][:, 1] / amplitude - 1.0, drawn["period"] / period - 1.0)
    best = drawn[np.argmin(off)].copy()
    best["varParams"][1] = amplitude
    rows = np.zeros(len(PHASE), OBJECT)
    for name in VARIABLE.names:
        rows[name] = best[name]
    return rows


def magnitudes(rows: NDArray[np.void], band: int) -> NDArray[np.float64]:
    """Return magnitudes relative to the mean flux over two cycles."""
    times = rows["epochOfMax"] + PHASE * rows["period"]
    return -2.5 * np.log10(modulation(rows, times, band))


def draw_rr_lyrae(axes: Axes, name: str, kind: str, title: str) -> None:
    """Draw one star of Stripe 82 in ugriz, and a simulated one of its period and amplitude."""
    table = np.genfromtxt(
        DATA / "s82_rrlyrae" / "table2.dat", names=True, dtype=None, encoding="utf-8"
    )
    truth = table[table["id"] == int(name)][0]
    with tarfile.open(DATA / "s82_rrlyrae" / "table1.tar.gz") as archive:
        member = archive.extractfile(f"table1/{name}.dat")
        assert member is not None
        observed = np.loadtxt(io.BytesIO(member.read()))[:, 2:].reshape(-1, 5, 3)
    ours = star(kind, float(truth["gA"]), float(truth["P"]))
    for band, letter in enumerate("ugriz"):
        time, magnitude, error = observed[:, band].T
        good = (magnitude > 0.0) & (magnitude < 30.0) & (error < 0.1)
        phase = ((time[good] - truth["gE"]) / truth["P"]) % 1.0
        curve = magnitudes(ours, band)
        level = np.median(magnitude[good] - np.interp(phase, PHASE, curve))
        axes.plot(PHASE, curve + level, color=COLOURS[letter], lw=0.9)
        both, twice = np.append(phase, phase + 1.0), np.tile(magnitude[good], 2)
        axes.plot(both, twice, ".", ms=2.5, color=COLOURS[letter], label=letter, rasterized=True)
    axes.margins(y=0.12)
    axes.legend(fontsize=6, ncols=5, loc="lower center", handletextpad=0.1, columnspacing=0.8)
    axes.set_title(title.format(period=truth["P"]), fontsize=8)


def draw_cepheids(axes: Axes) -> None:
    """Draw Cepheids of several periods in Hipparcos' photometry, and simulated ones."""
    folder = DATA / "richards2011_ogle_hip"
    objects, curves = (pd.read_parquet(folder / f"{n}.parquet") for n in ("objects", "lc"))
    found: dict[int, float] = {}
    for name in objects["id"][objects["cls"] == "Classical Cepheid"]:
        one = curves[curves["id"] == name]
        frequency = np.arange(0.04, 0.35, 1e-4)
        search = LombScargle(one["t"], one["mag"], nterms=2)
        found[name] = 1.0 / frequency[np.argmax(search.power(frequency))]
    periods = np.array(list(found.values()))
    for k, wanted in enumerate((4.3, 7.2, 9.8, 16.0)):
        name = list(found)[int(np.argmin(np.abs(periods - wanted)))]
        one, period = curves[curves["id"] == name], found[name]
        magnitude = one["mag"].to_numpy() - one["mag"].median()
        ours = star("cepheid", 0.9 * np.ptp(np.percentile(magnitude, [1, 99])) / 0.75, period)
        curve = magnitudes(ours, 1) * 0.75  # amplitudes of Hp are 3/4 of those in g
        phase = (one["t"].to_numpy() / period) % 1.0
        shifts = np.arange(200) / 200.0
        off = [np.std(magnitude - np.interp((phase + s) % 1.0, PHASE, curve)) for s in shifts]
        phase = (phase + shifts[int(np.argmin(off))]) % 1.0
        level = 1.3 * k - np.median(magnitude - np.interp(phase, PHASE, curve))
        colour = COLOURS["ugri"[k]]
        axes.plot(PHASE, curve + 1.3 * k, color=colour, lw=0.9)
        both = np.append(phase, phase + 1.0)
        axes.plot(both, np.tile(magnitude + level, 2), ".", ms=2.5, color=colour, rasterized=True)
        axes.text(2.03, 1.3 * k, f"{period:.1f} d", fontsize=6, color=colour, va="center")
    axes.set_title("classical Cepheids, Hipparcos (ESA SP-1200)", fontsize=8)


def draw_structure_function(axes: Axes) -> None:
    """Draw the structure function of 4000 walks of 200 d, and the analytic one."""
    number, tau = 4000, 200.0
    key, scale = np.arange(number), np.full(number, tau)
    lag = np.geomspace(0.05, 4000.0, 30)
    first = unit_walk(key, np.full(number, 60000.0), scale)
    measured = [np.std(unit_walk(key, 60000.0 + np.full(number, d), scale) - first) for d in lag]
    axes.loglog(lag, measured, "o", ms=3, color=COLOURS["g"], label="simulated")
    axes.loglog(lag, np.sqrt(-2.0 * np.expm1(-lag / tau)), color="black", lw=0.9, label="analytic")
    axes.set_xlabel("lag [d]", fontsize=7)
    axes.set_ylabel("SF / standard deviation", fontsize=7)
    axes.legend(fontsize=6)
    axes.set_title("quasar, damped random walk, tau = 200 d", fontsize=8)


def draw_supernovae(axes: Axes) -> None:
    """Draw the r light curves of supernovae at z = 0.1, absolute."""
    rows = np.zeros(600, OBJECT)
    days = np.linspace(-30.0, 150.0, 600)
    for kind, peak, colour in (
        ("supernovaIa", -19.25, "g"),
        ("supernovaIbc", -17.55, "r"),
        ("supernovaII", -16.9, "u"),
    ):
        rows["varKind"], rows["varParams"] = kind_index(kind), [0.1, 1.0, 0, 0, 0, 0]
        rows["epochOfMax"] = 60000.0
        with np.errstate(divide="ignore"):
            magnitude = peak - 2.5 * np.log10(modulation(rows, 60000.0 + days, 2))
        axes.plot(days, magnitude, color=COLOURS[colour], lw=1.0, label=kind)
    axes.set_ylim(-12.5, -20.0)
    axes.set_xlabel("days since maximum in B", fontsize=7)
    axes.set_ylabel("absolute magnitude", fontsize=7)
    axes.legend(fontsize=6)
    axes.set_title("supernovae in r, z = 0.1", fontsize=8)


def draw_belt(axes: Axes) -> None:
    """Draw the semi-major axes of main-belt and near-Earth objects."""
    orbits = draw_orbits(1, (16.0, 20.0, 5.0))
    bins = np.arange(0.6, 3.5, 0.01)
    for k, colour in enumerate("ur"):
        axes.hist(
            orbits["a"][orbits["population"] == k], bins, color=COLOURS[colour], rasterized=True
        )
    axes.set_yscale("log")
    axes.set_xlabel("semi-major axis [au]", fontsize=7)
    axes.set_title("main belt to H = 16, near-Earth to H = 20", fontsize=8)


def main() -> None:
    """Draw the picture."""
    matplotlib.rcParams["svg.hashsalt"] = "light_curves"  # equal bytes from equal data
    figure, grid = plt.subplots(2, 3, figsize=(10.5, 6.4), layout="constrained")
    draw_rr_lyrae(grid[0, 0], "404325", "rrLyraeAb", "RRab, Stripe 82, {period:.3f} d")
    draw_rr_lyrae(grid[0, 1], "2583770", "rrLyraeC", "RRc, Stripe 82, {period:.3f} d")
    draw_cepheids(grid[0, 2])
    for axes in grid[0]:
        axes.invert_yaxis()
        axes.set_xlabel("phase", fontsize=7)
    draw_structure_function(grid[1, 0])
    draw_supernovae(grid[1, 1])
    draw_belt(grid[1, 2])
    for axes in grid.flat:
        axes.tick_params(labelsize=6)
    figure.savefig(HERE / "light_curves.svg", metadata={"Date": None}, dpi=150)


if __name__ == "__main__":
    main()

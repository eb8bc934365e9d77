"""Draw docs/figures/detector_throughput.svg: an M5 star's chromatic term from CCD to CCD of DECam.

Each CCD's throughput is as measured; the atmosphere is standard. Run with the published data in
../shared/data or in the folder that SKYTRACT_DATA names: python docs/figures/detector_throughput.py
"""

import os
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from astropy.io import fits
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

from skytract.loaders.passband_library import standard_transmission
from skytract.loaders.passband_training import training_passbands, training_spectra
from skytract.loaders.sed_library import read_sed_library
from skytract.pipelines.demo.plots import COLOURS
from skytract.udf.calibration.passband_basis import (
    chromatic_factors,
    coefficients,
    fit_basis,
    project_sed,
)
from skytract.udf.calibration.spectra import SPECTRUM, bin_average, mean_fluxes

HERE = Path(__file__).parent
DATA = Path(os.environ.get("SKYTRACT_DATA", HERE.parents[2] / "shared" / "data"))

Floats = NDArray[np.float64]

STAR, SUN = "bochanski2007_M5V", "pickles1998_G2V"


def read_detectors(band: str) -> Floats:
    """Return the throughputs of the CCDs in the bins, shape (62, 801)."""
    with fits.open(DATA / "decam_throughput" / f"{band}.fits") as file:
        table = file[1].data
    wavelength = np.asarray(table["lambda"], float) / 10.0
    return bin_average(wavelength, np.asarray(table["throughput_ccd"], float).T)


def deltas(glass: Floats) -> tuple[Floats, Floats]:
    """Return m_std - m_obs of the M5 star less that of the Sun's type [mmag], shape (62,).

    Standard is the mean of the CCDs. By integrals over the passbands, and as the database does it:
    by ten coefficients.
    """
    passbands = glass * standard_transmission()
    library = read_sed_library()
    pair = library.fNu[[library.index(STAR), library.index(SUN)]].astype(float)
    basis, projection = fit_basis(
        passbands.mean(axis=0), training_passbands(glass), training_spectra()
    )
    means = mean_fluxes(pair, np.vstack([basis.standard, passbands]))
    exact = -2500.0 * np.log10(means[:, :1] / means[:, 1:])
    stored = [curve.astype("<f4").tobytes() for curve in basis]
    c = coefficients(basis, projection, passbands)
    g = [project_sed(sed.astype(SPECTRUM.base).tobytes(), *stored)[0] for sed in pair]
    linear = -2500.0 * np.log10([chromatic_factors(c, one) for one in g])
    return exact[0] - exact[1], linear[0] - linear[1]


def draw_band(axes: Axes, band: str) -> None:
    """Draw the terms of all CCDs in a band."""
    exact, linear = deltas(read_detectors(band))
    ccd = np.arange(1, len(exact) + 1)
    colour = COLOURS[band.lower()]
    axes.plot(ccd, exact, "o", ms=3.5, color=colour, label="integral over the CCD's passband")
    axes.plot(ccd, linear, "+", ms=6.0, color="black", label="ten coefficients")
    axes.axhline(0.0, color="0.7", lw=0.7, zorder=0)
    axes.set_title(
        f"{band}: rms {exact.std():.1f}, peak to peak {np.ptp(exact):.0f} mmag", fontsize=8
    )
    axes.tick_params(labelsize=6)
    axes.set_xlabel("CCD", fontsize=7)


def main() -> None:
    """Draw the picture."""
    matplotlib.rcParams["svg.hashsalt"] = "detector_throughput"  # equal bytes from equal data
    figure, grid = plt.subplots(1, 5, figsize=(12.0, 3.0), layout="constrained")
    for axes, band in zip(grid, "grizY", strict=True):
        draw_band(axes, band)
    grid[0].set_ylabel("M5V minus G2V: m_std - m_obs [mmag]", fontsize=7)
    grid[0].legend(fontsize=5)
    figure.savefig(HERE / "detector_throughput.svg", metadata={"Date": None}, dpi=150)


if __name__ == "__main__":
    main()

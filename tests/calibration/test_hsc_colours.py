"""Counts of Hyper Suprime-Cam against Pan-STARRS (published): spectra from colours fit both."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from numpy.typing import NDArray

from skytract.loaders.package_data import read_filter
from skytract.loaders.sed_library import read_sed_library
from skytract.udf.calibration.infer_seds import infer_seds, object_spectra
from skytract.udf.calibration.sed_templates import blend_stars, see_templates, standard_basis
from skytract.udf.calibration.spectra import bin_average, photon_weights
from tests.fix_hsc import COUNTS, read_afw

Array = NDArray[np.float64]

BANDS = "grizy"


def matched_stars(folder: Path) -> tuple[Array, Array, Array]:
    """Counts in i of bright stars of one detector; fluxes and errors in grizy of Pan-STARRS."""
    table, flags = read_afw(folder / COUNTS)
    shards = [fits.getdata(file) for file in sorted(folder.glob("ps1_pv3*"))]
    names = ["coord_ra", "coord_dec", *(f"{b}_flux{what}" for what in ("", "Err") for b in BANDS)]
    star = {n: np.concatenate([np.asarray(shard[n], float) for shard in shards]) for n in names}
    counts = np.asarray(table["base_PsfFlux_instFlux"], float)
    good = flags["detect_isPrimary"] & ~flags["base_PixelFlags_flag_saturated"]
    good &= table["base_ClassificationExtendedness_value"] < 0.5
    good &= counts > 100 * table["base_PsfFlux_instFluxErr"]
    here = SkyCoord(table["coord_ra"][good], table["coord_dec"][good], unit="rad")
    there = SkyCoord(star["coord_ra"], star["coord_dec"], unit="rad")
    index, apart, _ = here.match_to_catalog_sky(there)
    near = apart.arcsec < 0.5
    flux, err = (
        np.stack([star[f"{band}_flux{what}"][index[near]] for band in BANDS], axis=1)
        for what in ("", "Err")
    )
    return counts[good][near], flux, err


def fit_line(x: Array, y: Array) -> tuple[float, float, float]:
    """Slope, its error, and scatter, with 3-sigma clipping."""
    kept = np.isfinite(x + y)
    for _ in range(10):
        line, covariance = np.polyfit(x[kept], y[kept], 1, cov=True)
        residual = y - np.polyval(line, x)
        scatter = float(np.std(residual[kept]))
        kept = np.isfinite(residual) & (np.abs(residual) < 3 * scatter)
    return float(line[0]), float(np.sqrt(covariance[0, 0])), scatter


def test_the_residual_is_flat_in_colour(shared_data: Callable[..., Path]) -> None:
    """Without kappa the zero point changes by 0.091 mag per mag of r-i (published)."""
    counts, flux, err = matched_stars(shared_data("hsc_s82_field"))
    assert len(counts) > 70
    library = read_sed_library()
    stars = [n for n, kind in enumerate(library.kind) if kind == "star"]
    chosen = [library.name[n] for n in stars], [library.source[n] for n in stars]
    made = list(blend_stars(*chosen, library.fNu[stars].tobytes()))
    f_nu = np.array([np.frombuffer(row[3], "<f4") for row in made])
    prior = np.array([row[2] for row in made])
    panstarrs = np.stack([bin_average(*read_filter("panstarrs", band)) for band in BANDS])
    grid = see_templates(
        f_nu, np.zeros(len(f_nu)), prior / prior.sum(), BANDS, standard_basis(panstarrs)
    )
    spectra = object_spectra(infer_seds(flux, err, grid, 1), grid, np.arange(len(flux)))
    hyper = bin_average(*read_filter("hsc2017", "i"))
    kappa = (spectra @ photon_weights(panstarrs[2])) / (spectra @ photon_weights(hyper))
    colour = -2.5 * np.log10(flux[:, 1] / flux[:, 2])
    flat = 31.4 - 2.5 * np.log10(flux[:, 2] / counts)
    slope, error, scatter = fit_line(colour, flat)
    assert abs(slope - 0.091) < 3 * error
    slope, error, less = fit_line(colour, flat + 2.5 * np.log10(kappa))
    print(f"residual slope {slope:.4f} +- {error:.4f}, scatter {scatter:.4f} -> {less:.4f} mag")
    assert error < 0.005
    assert abs(slope) < 2 * error
    assert less < scatter

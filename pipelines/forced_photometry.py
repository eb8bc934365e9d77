"""ForcedPhotometry: PSF fluxes at given positions on calibrated exposures (LDM-151 5.5.2)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from skytract.pipelines.celestial import sky_to_pixels
from skytract.pipelines.exposure import Columns, Exposure
from skytract.pipelines.exposure_files import read_exposure
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.measure_pixel_flags import (
    ANNULUS,
    find_saturated_cores,
    measure_local_background,
    measure_pixel_flags,
)
from skytract.pipelines.measure_psf_flux import measure_psf_flux
from skytract.pipelines.measure_sources import BLOCK, psf_moments
from skytract.pipelines.stamps import cut_stamps
from skytract.pipelines.write_catalog import as_table, write_table


def forced_photometry(
    exposure: Exposure, object_id: npt.ArrayLike, ra: npt.ArrayLike, dec: npt.ArrayLike
) -> Columns:
    """Measure the PSF flux at positions, whether or not anything was detected there.

    The flux is unbiased and may be negative. It carries the aperture correction of the exposure,
    as the fluxes of its sources do.

    Parameters
    ----------
    exposure : Exposure
        Calibrated: background-subtracted, with PSF and aperture correction.
    object_id : array of int, shape (n,)
    ra, dec : array of float, shape (n,), deg
        Positions at the epoch of the exposure.

    Returns
    -------
    dict of ndarray, shape (m,)
        Columns of raw.ForcedSource for the m positions on the detector, in the order given.

    Raises
    ------
    FrameError
        If the arrays differ in length, a position is no finite number, or the exposure has no
        PSF.
    """
    ids = np.atleast_1d(np.asarray(object_id, np.int64))
    ra_, dec_ = (np.atleast_1d(np.asarray(values, float)) for values in (ra, dec))
    if not (ids.shape == ra_.shape == dec_.shape and ids.ndim == 1):
        raise FrameError(
            f"objectId, ra and dec have shapes {ids.shape}, {ra_.shape} and {dec_.shape}; give "
            "three lists of the same length."
        )
    broken = ~(np.isfinite(ra_) & (np.abs(dec_) <= 90))
    if broken.any():
        raise FrameError(
            f"Object {ids[broken][0]} is at ra = {ra_[broken][0]}, dec = {dec_[broken][0]}: no "
            "position in degrees; leave it out."
        )
    if exposure.psf is None or exposure.aperture_correction is None:
        raise FrameError(f"{exposure.info.name}: this exposure has no PSF; characterize it first.")
    x, y = sky_to_pixels(exposure.wcs, ra_, dec_) if len(ids) else (ra_, dec_)
    ny, nx = exposure.shape
    inside = (x >= -0.5) & (x < nx - 0.5) & (y >= -0.5) & (y < ny - 0.5)
    x, y = x[inside], y[inside]
    correction = exposure.aperture_correction.at(x, y)
    flux, flux_err, flag, local = _measure(exposure, x, y)
    flag |= find_saturated_cores(exposure, x, y)
    return {
        "objectId": ids[inside],
        "visit": np.full(len(x), exposure.info.visit, np.int64),
        "detector": np.full(len(x), exposure.info.detector, np.int32),
        "ra": ra_[inside],
        "dec": dec_[inside],
        "x": x,
        "y": y,
        "psfInstFlux": flux * correction,
        "psfInstFluxErr": flux_err * correction,
        "psfInstFlux_flag": flag | (exposure.aperture_correction.n_stars == 0),
        "psfDiffInstFlux_flag": np.ones(len(x), bool),
        "localBackground": local,
        **measure_pixel_flags(exposure, x, y),
    }


def _measure(exposure: Exposure, x: Any, y: Any) -> tuple[Any, Any, Any, Any]:
    """PSF flux, its error and flag, and local background, each of shape (m,)."""
    psf = exposure.psf
    assert psf is not None
    sigma = psf_moments(psf).sigma
    flux, flux_err, local = (np.empty(len(x)) for _ in range(3))
    flag = np.empty(len(x), bool)
    for start in range(0, len(x), BLOCK):
        block = slice(start, start + BLOCK)
        stamps = cut_stamps(exposure, x[block], y[block], psf.half)
        flux[block], flux_err[block], flag[block] = measure_psf_flux(stamps, psf)
        wide = cut_stamps(exposure, x[block], y[block], int(np.ceil(ANNULUS[1] * sigma)))
        local[block] = measure_local_background(wide, x[block], y[block], sigma)
    return flux, flux_err, flag, local


def forced_source_name(visit: int, detector: int) -> str:
    """File name of the ForcedSource catalog of a detector."""
    return f"ForcedSource_{visit}_{detector}.parquet"


def force_visit_detector(exposure_path: Path, objects: Mapping[str, Any], out: Path) -> Path:
    """Measure objects on one calibrated exposure and write the ForcedSource catalog.

    Parameters
    ----------
    exposure_path : Path
        `calexp_<visit>_<detector>.fits`.
    objects : mapping
        `objectId`, `ra` [deg], `dec` [deg]; objects off the detector are left out.
    out : Path
        Folder of the catalog.

    Returns
    -------
    Path
        Of the catalog, which may have no rows.
    """
    exposure = read_exposure(exposure_path)
    columns = forced_photometry(exposure, objects["objectId"], objects["ra"], objects["dec"])
    out.mkdir(parents=True, exist_ok=True)
    path = out / forced_source_name(exposure.info.visit, exposure.info.detector)
    write_table(as_table("ForcedSource", columns, len(columns["objectId"])), path)
    return path

"""Calibrated exposures as FITS files: image, mask, variance, background, and what was fitted."""

import json
import os
import warnings
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyUserWarning

from skytract.pipelines.celestial import read_wcs
from skytract.pipelines.exposure import BackgroundModel, Exposure, FrameInfo, MaskPlane
from skytract.pipelines.fit_aperture_correction import ApertureCorrection
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.psf import MoffatPsf
from skytract.pipelines.read_raw import UNREADABLE

MODELS = ("INFO", "PSF", "APCORR")
"""Columns of the HDU `MODELS`: one row of JSON texts."""


def exposure_name(visit: int, detector: int) -> str:
    """File name of a calibrated exposure."""
    return f"calexp_{visit}_{detector}.fits"


def write_exposure(exposure: Exposure, path: Path) -> None:
    """Write a calibrated exposure beside its name and rename it.

    HDUs: IMAGE (with the WCS), MASK (planes as cards `MP_<plane>`), VARIANCE, BACKGROUND (sum of
    all that was subtracted), SKYNOISE, MODELS.
    """
    background = exposure.backgrounds[-1]
    texts = [
        asdict(exposure.info),
        None if exposure.psf is None else asdict(exposure.psf),
        None if exposure.aperture_correction is None else asdict(exposure.aperture_correction),
    ]
    planes = {f"MP_{plane.name}"[:8]: int(plane) for plane in MaskPlane}
    rows = np.array([tuple(json.dumps(text) for text in texts)], dtype="U2000,U2000,U2000")
    rows.dtype.names = MODELS
    images = {
        "MASK": (exposure.mask, fits.Header(planes)),
        "VARIANCE": (exposure.variance, None),
        "BACKGROUND": (exposure.background_level(), fits.Header({"MESH": background.mesh})),
        "SKYNOISE": (background.rms, None),
    }
    hdus = fits.HDUList(
        [
            fits.PrimaryHDU(exposure.image, exposure.wcs.to_header(relax=True)),
            *(fits.ImageHDU(data, header, name) for name, (data, header) in images.items()),
            fits.BinTableHDU(rows, name="MODELS"),
        ]
    )
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        hdus.writeto(temporary, overwrite=True, checksum=False)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_exposure(path: Path) -> Exposure:
    """Read a calibrated exposure; its backgrounds come back as one.

    Raises
    ------
    FrameError
        If the file is missing, truncated, or no calibrated exposure.
    """
    if not path.is_file():
        raise FrameError(f"{path}: there is no such file; `skytract frames` writes it.")
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", ".*truncated", AstropyUserWarning)
            with path.open("rb") as file, fits.open(file, memmap=False) as hdus:
                models = [json.loads(hdus["MODELS"].data[name][0]) for name in MODELS]
                background = BackgroundModel(
                    level=_native(hdus["BACKGROUND"].data, np.float32),
                    rms=_native(hdus["SKYNOISE"].data, np.float32),
                    mesh=int(hdus["BACKGROUND"].header["MESH"]),
                )
                return Exposure(
                    image=_native(hdus[0].data, np.float32),
                    mask=_native(hdus["MASK"].data, np.int32),
                    variance=_native(hdus["VARIANCE"].data, np.float32),
                    info=FrameInfo(**models[0]),
                    wcs=read_wcs(hdus[0].header, path.name),
                    backgrounds=(background,),
                    psf=None if models[1] is None else MoffatPsf(**models[1]),
                    aperture_correction=_correction(models[2]),
                )
    except (*UNREADABLE, KeyError) as error:
        raise FrameError(
            f"{path}: not a whole calibrated exposure ({error}); make it again with "
            "`skytract frames`."
        ) from error


def _native(data: Any, dtype: Any) -> Any:
    return np.ascontiguousarray(data, dtype=dtype)


def _correction(values: dict[str, Any] | None) -> ApertureCorrection | None:
    if values is None:
        return None
    assert set(values) == {field.name for field in fields(ApertureCorrection)}
    return ApertureCorrection(
        coefficients=tuple(values["coefficients"]),
        shape=(values["shape"][0], values["shape"][1]),
        error=values["error"],
        n_stars=values["n_stars"],
    )

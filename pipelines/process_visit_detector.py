"""One detector of one visit, from raw frame to raw-unit catalog: the unit of restart."""

import hashlib
import json
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import skytract
from skytract.pipelines.celestial import pixel_scale, pixels_to_sky, wcs_terms
from skytract.pipelines.characterize_image import (
    Characterization,
    FrameSettings,
    characterize_image,
    psf_columns,
)
from skytract.pipelines.exposure import Exposure
from skytract.pipelines.exposure_files import exposure_name, write_exposure
from skytract.pipelines.instruments import read_instruments
from skytract.pipelines.read_raw import read_info, read_raw
from skytract.pipelines.run_isr import run_isr
from skytract.pipelines.write_catalog import (
    as_json,
    as_table,
    read_metadata,
    source_ids,
    write_table,
)

EXPOSURES = "calexp"
"""Subfolder of the calibrated exposures, so that the folder itself holds catalogs to load."""


@dataclass(frozen=True)
class FrameTask:
    """What to process and how.

    Attributes
    ----------
    path : Path
        Raw frame.
    out : Path
        Folder of the results.
    instrument, band : str or None
        Instead of what the header says.
    settings : FrameSettings
    """

    path: Path
    out: Path
    instrument: str | None = None
    band: str | None = None
    settings: FrameSettings = field(default_factory=FrameSettings)


@dataclass(frozen=True)
class FrameResult:
    """What became of a frame; `summary` and rows are kept in the catalog's metadata.

    Attributes
    ----------
    source_path, exposure_path : Path
        Source catalog and calibrated exposure.
    summary : dict
        sources, stars, psfFwhm [pixel], skyBg, skyNoise, readNoise [electron], overscan [adu].
    seconds : float
        Wall time; 0 if the result was there already.
    skipped : bool
        True if an up-to-date result was found.
    """

    visit: int
    detector: int
    source_path: Path
    exposure_path: Path
    summary: dict[str, Any]
    seconds: float
    skipped: bool


def source_name(visit: int, detector: int) -> str:
    """File name of the Source catalog of a detector."""
    return f"Source_{visit}_{detector}.parquet"


def configuration_hash(task: FrameTask) -> str:
    """SHA-256 of all a result depends on: the frame's bytes, settings and code version."""
    settings = {
        "settings": asdict(task.settings),
        "instrument": task.instrument,
        "band": task.band,
        "dialects": read_instruments(),
        "version": skytract.__version__,
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    digest.update(task.path.read_bytes())
    return digest.hexdigest()


def find_result(task: FrameTask) -> FrameResult | None:
    """Find an earlier result of the same frame with the same settings; None if there is none.

    Raises
    ------
    FrameError
        If the frame's header cannot be read.
    """
    info = read_info(task.path, task.instrument, task.band)
    result = FrameResult(
        visit=info.visit,
        detector=info.detector,
        source_path=task.out / source_name(info.visit, info.detector),
        exposure_path=task.out / EXPOSURES / exposure_name(info.visit, info.detector),
        summary={},
        seconds=0.0,
        skipped=True,
    )
    if not (result.source_path.is_file() and result.exposure_path.is_file()):
        return None
    metadata = read_metadata(result.source_path)
    if metadata is None or metadata.get("config") != configuration_hash(task):
        return None
    return replace(result, summary=metadata["summary"])


def process_visit_detector(task: FrameTask) -> FrameResult:
    """Process one raw frame, unless an up-to-date result exists.

    Writes the calibrated exposure first and the Source catalog last: a unit is complete when its
    catalog is there. Rows for Visit and VisitDetector travel in the catalog's metadata.

    Raises
    ------
    FrameError
        If the frame cannot be processed; nothing of it is written then.
    """
    found = find_result(task)
    if found is not None:
        return found
    started = time.perf_counter()
    (task.out / EXPOSURES).mkdir(parents=True, exist_ok=True)
    raw = read_raw(task.path, task.instrument, task.band)
    image = characterize_image(run_isr(raw), task.settings)
    info = image.exposure.info
    n = len(image.columns["x"])
    ra, dec = pixels_to_sky(image.exposure.wcs, image.columns["x"], image.columns["y"])
    table = as_table(
        "Source",
        image.columns
        | {
            "sourceId": source_ids(info.visit, info.detector, n),
            "visit": info.visit,
            "detector": info.detector,
            "ra": ra,
            "dec": dec,
        },
        n,
    )
    visit_detector = visit_detector_row(image.exposure)
    metadata: dict[str, Any] = {
        "config": configuration_hash(task),
        "summary": as_json(_summary(image, visit_detector)),
        "visit": as_json(visit_row(image.exposure)),
        "visitDetector": as_json(visit_detector),
    }
    exposure_path = task.out / EXPOSURES / exposure_name(info.visit, info.detector)
    source_path = task.out / source_name(info.visit, info.detector)
    write_exposure(image.exposure, exposure_path)
    write_table(table, source_path, metadata)
    return FrameResult(
        visit=info.visit,
        detector=info.detector,
        source_path=source_path,
        exposure_path=exposure_path,
        summary=metadata["summary"],
        seconds=time.perf_counter() - started,
        skipped=False,
    )


def visit_row(exposure: Exposure) -> dict[str, Any]:
    """Columns of Visit as this detector knows them; `seeing` is measured on its PSF."""
    info = exposure.info
    assert exposure.psf is not None
    return {
        "visit": info.visit,
        "band": info.band,
        "physical_filter": info.physical_filter,
        "ra": info.ra,
        "dec": info.dec,
        "skyRotation": info.sky_rotation,
        "expMidptMJD": info.mjd,
        "expTime": info.exp_time,
        "airmass": info.airmass,
        "zenithDistance": info.zenith_distance,
        "parallacticAngle": info.parallactic_angle,
        "seeing": exposure.psf.fwhm * pixel_scale(exposure.wcs),
        "pressure": info.pressure,
        "pwv": info.pwv,
        "ozone": info.ozone,
        "aerosol": info.aerosol,
    }


def visit_detector_row(exposure: Exposure) -> dict[str, Any]:
    """Columns of VisitDetector."""
    info = exposure.info
    return {
        "visit": info.visit,
        "detector": info.detector,
        "band": info.band,
        "nx": exposure.shape[1],
        "ny": exposure.shape[0],
        "gain": info.gain,
        "readNoise": info.read_noise,
        "skyBg": float(np.median(exposure.background_level())),
        "skyNoise": float(np.median(exposure.backgrounds[-1].rms)),
        **psf_columns(exposure),
        **wcs_terms(exposure.wcs),
    }


def _summary(image: Characterization, row: dict[str, Any]) -> dict[str, Any]:
    assert image.exposure.psf is not None
    return {
        "sources": len(image.columns["x"]),
        "stars": 0 if image.psf_fit is None else len(image.psf_fit.stars),
        "psfFwhm": image.exposure.psf.fwhm,
        "skyBg": row["skyBg"],
        "skyNoise": row["skyNoise"],
        "readNoise": row["readNoise"],
        "overscan": image.exposure.info.overscan,
    }

"""Small catalogs of known content, written as our own pixel stages write them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

VISIT, DETECTOR = 17, 4
N = 50


def write_catalog(
    path: Path, kind: str | None, columns: Mapping[str, Any], units: Mapping[str, str] | None = None
) -> Path:
    """Write columns (arrays, or pyarrow arrays where NULLs matter) as a Parquet catalog."""
    arrays = {name: pa.array(values) for name, values in columns.items()}
    fields = [
        pa.field(
            name, array.type, metadata={"unit": units[name]} if units and name in units else None
        )
        for name, array in arrays.items()
    ]
    metadata = {"skytract.kind": kind} if kind else None
    schema = pa.schema(fields, metadata=metadata)
    pq.write_table(pa.Table.from_arrays(list(arrays.values()), schema=schema), path)
    return path


def visit_columns(visit: int = VISIT) -> dict[str, Any]:
    """One visit."""
    return {
        "visit": np.array([visit]),
        "band": ["i"],
        "physical_filter": ["HSC-I"],
        "ra": [320.8],
        "dec": [-0.4],
        "expMidptMJD": [60000.25],
        "expTime": [30.0],
    }


def detector_columns(visit: int = VISIT, detector: int = DETECTOR) -> dict[str, Any]:
    """One detector of it, with a distortion of order 1."""
    return {
        "visit": np.array([visit]),
        "detector": np.array([detector], np.int32),
        "band": ["i"],
        "nx": np.array([2048], np.int32),
        "ny": np.array([4176], np.int32),
        "gain": [1.5],
        "sipOrder": np.array([1], np.int32),
        "sipA": pa.array([[0.0, 1e-6, 2e-6, 0.0]], pa.list_(pa.float64())),
    }


def source_columns(n: int = N, visit: int = VISIT, detector: int = DETECTOR) -> dict[str, Any]:
    """Sources of it, all different; every fifth has no second moment."""
    rng = np.random.default_rng(visit)
    ixx = rng.uniform(4, 9, n).astype(np.float32)
    ixx[::5] = np.nan
    return {
        "sourceId": visit * 2**26 + np.arange(n),
        "visit": np.full(n, visit),
        "detector": np.full(n, detector, np.int32),
        "ra": rng.uniform(320.7, 320.9, n),
        "dec": rng.uniform(-0.5, -0.3, n),
        "x": rng.uniform(0, 2047, n),
        "y": rng.uniform(0, 4175, n),
        "psfInstFlux": rng.lognormal(8, 1, n),
        "psfInstFluxErr": rng.uniform(50, 60, n),
        "psfInstFlux_flag": rng.random(n) < 0.1,
        "ixx": ixx,
    }


def write_visit(folder: Path, visit: int = VISIT, detector: int = DETECTOR) -> list[Path]:
    """Write the files of one visit and detector that its sources refer to."""
    return [
        write_catalog(folder / f"Visit_{visit}.parquet", "Visit", visit_columns(visit)),
        write_catalog(
            folder / f"VisitDetector_{visit}_{detector}.parquet",
            "VisitDetector",
            detector_columns(visit, detector),
        ),
    ]


def write_sources(folder: Path, name: str = "Source.parquet", **changes: Any) -> Path:
    """Write a catalog of sources, some columns changed; a column that is None is left out."""
    columns = source_columns() | changes
    kept = {key: values for key, values in columns.items() if values is not None}
    return write_catalog(folder / name, "Source", kept)


def write_many_detectors(folder: Path, detectors: list[int], name: str, n: int = 10) -> Path:
    """Write sources of several detectors of the visit, one after the other, n of each."""
    columns = source_columns(n * len(detectors))
    columns |= {"detector": np.repeat(np.array(detectors, np.int32), n)}
    columns |= {
        "sourceId": VISIT * 2**26 + 1000 * columns["detector"] + np.arange(len(columns["x"]))
    }
    return write_catalog(folder / name, "Source", columns)


def write_forced(folder: Path, objects: Any, name: str, detector: int = DETECTOR) -> Path:
    """Write forced photometry of objects, given by number, on the visit."""
    number = np.asarray(objects)
    columns = {
        "objectId": 2**55 + number,
        "visit": np.full(len(number), VISIT),
        "detector": np.full(len(number), detector, np.int32),
        "ra": 320.7 + 1e-3 * number,
        "dec": np.full(len(number), -0.4),
        "x": 10.0 * number,
        "y": np.full(len(number), 5.0),
        "psfInstFlux": np.full(len(number), float(len(name))),
    }
    return write_catalog(folder / name, "ForcedSource", columns)


def write_stars(folder: Path, numbers: Any, name: str = "ReferenceStar.parquet") -> Path:
    """Write stars of a reference catalog, given by number."""
    number = np.asarray(numbers)
    columns = {
        "catalog": ["gaia"] * len(number),
        "refStarId": number,
        "ra": 10 + 1e-3 * number,
        "dec": 1e-3 * number,
    }
    return write_catalog(folder / name, "ReferenceStar", columns)


def write_patch(
    folder: Path, patch: int, band: str = "r", tract: int = 9813, n: int = 20, flux: float = 1.0
) -> Path:
    """Write the detections on one patch of a coadd; ids tell tract, patch and band."""
    first = ((tract * 100 + patch) * 6 + "ugrizy".index(band)) * 1000
    columns = {
        "coaddSourceId": first + np.arange(n),
        "tract": np.full(n, tract, np.int32),
        "patch": np.full(n, patch, np.int32),
        "band": [band] * n,
        "ra": 150 + 0.2 * patch + 0.001 * np.arange(n),
        "dec": np.full(n, 2.0),
        "zeroPoint": np.full(n, 27.0),
        "psfInstFlux": np.full(n, flux),
    }
    return write_catalog(folder / f"CoaddSource_{patch}_{band}.parquet", "CoaddSource", columns)


def write_tract(folder: Path, patches: int = 3, bands: str = "gr", **options: Any) -> list[Path]:
    """Write a folder of patches in some bands."""
    folder.mkdir(exist_ok=True)
    return [write_patch(folder, p, band, **options) for p in range(patches) for band in bands]

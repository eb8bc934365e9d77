"""One visit: all its detectors, measured and written; nothing depends on the other visits."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.camera import NX, NY, field_radius
from skytract.pipelines.simulate.catalog.dia_sources import measure_differences
from skytract.pipelines.simulate.catalog.forced_sources import force
from skytract.pipelines.simulate.catalog.images import Images
from skytract.pipelines.simulate.catalog.moving import moving
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.scene import look, merge
from skytract.pipelines.simulate.catalog.sky_table import SkyTable
from skytract.pipelines.simulate.catalog.sources import Measured, measure
from skytract.pipelines.simulate.catalog.take_images import GAIN, take_images
from skytract.pipelines.simulate.catalog.throughput import Spectra, respond
from skytract.pipelines.simulate.catalog.variation import Variation
from skytract.pipelines.simulate.catalog.write import CatalogWriter, open_writer
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.sites import zenith

TRUTH_SOURCE = pa.schema(
    {
        "sourceId": pa.int64(),
        "truthId": pa.int64(),
        "x": pa.float64(),
        "y": pa.float64(),
        "counts": pa.float64(),
        "psfInstFlux": pa.float64(),
        "members": pa.int16(),
        "isOutlier": pa.bool_(),
    }
)
"""Truth of a Source: object (negative: cosmic ray -1, ghost -2), where its light falls [px], all of
its electrons, the expected psfInstFlux [ct], how many objects are seen as one, whether it was
spoilt."""

TRUTH_DIA_SOURCE = pa.schema(
    {
        "diaSourceId": pa.int64(),
        "truthId": pa.int64(),
        "x": pa.float64(),
        "y": pa.float64(),
        "change": pa.float64(),
    }
)
"""Truth of a DiaSource: object (dipole: -3), place [px], expected psfInstFlux [ct]."""

VISIT_KINDS = {"Source": TRUTH_SOURCE, "DiaSource": TRUTH_DIA_SOURCE, "ForcedSource": None}
"""Kinds that every visit writes a file of, and the tables of their truth."""

AT_ONCE = 13
"""Detectors that are worked out together, about 80,000 objects: fewer cost more calls of functions,
more of them leave the caches of a core."""

Rows = Mapping[str, Any]


@dataclass(frozen=True)
class Survey:
    """A plan with what all visits share: their table, the sky, the spectra of its templates."""

    plan: CatalogPlan
    visits: NDArray[np.void]
    sky: SkyTable
    spectra: Spectra


@dataclass(frozen=True)
class Observed:
    """What a visit brought: rows per table, and its rows of VisitDetector with their truth."""

    rows: dict[str, int]
    detectors: Rows
    truth: Rows


def observe(
    survey: Survey,
    number: int,
    bodies: NDArray[np.void],
    out: Path,
    skip: tuple[str, ...] = (),
) -> Observed:
    """Write the catalogs of visit `number`: OUT/<kind>_<visit>.parquet and OUT/truth.

    Parameters
    ----------
    survey
        What to look at.
    number
        Row of the visit.
    bodies
        Minor planets in its field, rows of `solar_system.ephemeris.EPHEMERIS`.
    out
        Folder of the survey.
    skip
        Kinds that are not wanted, of Source, DiaSource, ForcedSource.
    """
    plan, visit = survey.plan, survey.visits[number]
    radius = field_radius(plan.detectors)
    variation = Variation.within(survey.sky, survey.spectra, visit, radius)
    response = respond(plan, visit, survey.spectra, variation.fNu)
    images = take_images(plan, visit, response)
    up = zenith(visit["expMidptMJD"])[0]
    with ExitStack() as stack:
        writers = _open_writers(stack, out, int(visit["visit"]), skip)
        for first in range(0, plan.detectors, AT_ONCE):
            part = images.part(first, first + AT_ONCE)
            scene = look(survey.sky, part, response, up, variation)
            if len(bodies):
                throughput = response.throughput[part.detector]
                scene = scene.join(moving(part, bodies, throughput, survey.spectra.fNu[-1]))
            if "DiaSource" in writers:
                _add(writers, "DiaSource", measure_differences(plan, part, scene))
            scene = merge(scene, part)
            _add(writers, "Source", measure(plan, part, scene))
            if "ForcedSource" in writers:
                writers["ForcedSource"].add(force(plan, part, scene, survey.sky))
    rows = {kind: writer.rows for kind, writer in writers.items()}
    return Observed(rows, detector_rows(images), truth_rows(images))


def _open_writers(
    stack: ExitStack, out: Path, visit: int, skip: tuple[str, ...]
) -> dict[str, CatalogWriter]:
    """Open the catalogs of a visit, by kind, and those of their truth."""
    writers = {}
    for kind, truth in VISIT_KINDS.items():
        if kind not in skip:
            writers[kind] = stack.enter_context(open_writer(out / f"{kind}_{visit}.parquet", kind))
            if truth is not None:
                path = out / "truth" / f"Truth{kind}_{visit}.parquet"
                writer = open_writer(path, f"Truth{kind}", truth)
                writers[f"Truth{kind}"] = stack.enter_context(writer)
    return writers


def _add(writers: dict[str, CatalogWriter], kind: str, measured: Measured) -> None:
    writers[kind].add(measured.source)
    writers[f"Truth{kind}"].add(measured.truth)


def detector_rows(images: Images) -> Rows:
    """Return the columns of raw.VisitDetector."""
    n, cd = len(images.detector), images.cd
    sip_a, sip_b = images.wcs(0).sip()
    return {
        **_key(images),
        "nx": np.full(n, NX, np.int32),
        "ny": np.full(n, NY, np.int32),
        "gain": np.full(n, GAIN),
        "readNoise": images.readNoise,
        "skyBg": images.skyBg,
        "skyNoise": np.sqrt(images.variance),
        "psfSigma": images.psfSigma,
        "psfArea": images.psfArea,
        "crpix1": images.reference[:, 0] + 1.0,
        "crpix2": images.reference[:, 1] + 1.0,
        "crval1": np.full(n, images.visit["ra"]),
        "crval2": np.full(n, images.visit["dec"]),
        "cd1_1": cd[:, 0, 0],
        "cd1_2": cd[:, 0, 1],
        "cd2_1": cd[:, 1, 0],
        "cd2_2": cd[:, 1, 1],
        "sipOrder": np.full(n, len(sip_a) - 1, np.int32),
        "sipA": [sip_a.ravel().tolist()] * n,
        "sipB": [sip_b.ravel().tolist()] * n,
    }


def truth_rows(images: Images) -> Rows:
    """Return the columns of TruthVisitDetector: what calibration should find.

    zMean [nJy/ct] is for a flat spectrum; `flat` (relative), `dx` and `dy` [px] are coefficients of
    `camera.legendre`: the flux of a source is zMean counts / (1 + flat), its light falls at the
    pixel of the WCS plus (dx, dy); psf is ixx, iyy, ixy [px^2].
    """
    return {
        **_key(images),
        "zMean": images.zMean,
        "flat": images.flat.tolist(),
        "dx": images.displacement[:, 0].tolist(),
        "dy": images.displacement[:, 1].tolist(),
        "psf": images.psf.tolist(),
    }


def _key(images: Images) -> Rows:
    """Return the columns that both tables begin with."""
    n = len(images.detector)
    return {
        "visit": np.full(n, images.visit["visit"]),
        "detector": images.detector.astype(np.int32),
        "band": [BANDS[images.visit["band"]]] * n,
    }

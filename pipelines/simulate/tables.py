"""The tables a survey comes with: truth about objects, visits, frames and every observation."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skytract.pipelines.simulate.objects import BANDS, EPOCH_MJD, KINDS, is_kind, is_variable
from skytract.pipelines.simulate.observing import Frame, Visit
from skytract.pipelines.simulate.plan import SurveyPlan
from skytract.pipelines.simulate.templates import standard_fluxes
from skytract.pipelines.simulate.variability.kinds import VARIABLE_KINDS
from skytract.pipelines.simulate.variability.transient_spectra import transient_fluxes
from skytract.pipelines.write_catalog import write_table

Columns = Mapping[str, NDArray[np.generic] | Sequence[object]]


def write_survey_table(path: Path, kind: str, columns: Columns) -> None:
    """Write columns as a catalog, their kind in the file's metadata; NaN becomes NULL."""
    arrays = [pa.array(values, from_pandas=True) for values in columns.values()]
    table = pa.table(arrays, names=list(columns))
    write_table(table.replace_schema_metadata({"skytract.kind": kind}), path)


def truth_objects(objects: NDArray[np.void]) -> dict[str, NDArray[np.generic] | Sequence[object]]:
    """Return one row per true object.

    Fluxes [nJy] are means over time, companions included, and of transients at maximum light in B.

    `sed` and `companionSed` are rows of the templates. Periodic variables have period [d] and
    epochOfMax [MJD TAI]; galaxies have diskScale [arcsec], axisRatio and positionAngle [deg].
    """
    extended, double = objects["diskScale"] > 0.0, objects["companionSed"] >= 0
    columns: dict[str, NDArray[np.generic] | Sequence[object]] = {
        "truthId": objects["truthId"],
        "ra": objects["ra"],
        "dec": objects["dec"],
        "epoch": np.full(len(objects), EPOCH_MJD),
        **{name: objects[name] for name in ("pmRa", "pmDec", "parallax", "radialVelocity")},
        "class": np.array(KINDS)[objects["kind"]],
        "redshift": objects["redshift"],
        "sed": objects["sed"],
        "companionSed": pa.array(objects["companionSed"], mask=~double),
        "r_companionFlux": pa.array(objects["companionFlux"], mask=~double),
        "isVariable": is_variable(objects),
        "variability": np.array(VARIABLE_KINDS)[objects["varKind"]],
        "period": objects["period"],
        "epochOfMax": objects["epochOfMax"],
    }
    for name in ("diskScale", "axisRatio", "positionAngle"):
        columns[name] = np.where(extended, objects[name], np.float32(np.nan))
    fluxes = standard_fluxes(objects)
    events = np.flatnonzero(is_kind(objects, "transient"))
    fluxes[events] = transient_fluxes(objects[events], objects["epochOfMax"][events])
    for index, band in enumerate(BANDS):
        columns[f"{band}_flux"] = fluxes[:, index]
    return columns


def truth_visits(visits: Sequence[Visit]) -> Columns:
    """Return one row per visit; columns as in Visit, with sky brightness and extinction [mag]."""
    rows = [asdict(visit) for visit in visits]
    return {name: [row[name] for row in rows] for name in rows[0]}


def truth_frames(plan: SurveyPlan, frames: Sequence[Frame]) -> Columns:
    """Return one row per visit and detector: zero point, sky, seeing and detector constants.

    zMean [nJy/electron] and zeroPoint [AB mag of 1 electron] are those of the whole exposure; skyBg
    is electrons per pixel; psfFwhm [px] is that of the Moffat profile before pixel integration.
    """
    return {
        "visit": [frame.visit.visit for frame in frames],
        "detector": [frame.detector for frame in frames],
        "band": [frame.visit.band for frame in frames],
        "zMean": [frame.z_mean for frame in frames],
        "zeroPoint": [frame.zeroPoint for frame in frames],
        "skyBg": [frame.skyBg for frame in frames],
        "psfFwhm": [frame.psfFwhm for frame in frames],
        "biasLevel": [frame.biasLevel for frame in frames],
        "gain": [plan.gain for _ in frames],
        "readNoise": [plan.readNoise for _ in frames],
    }


def truth_sources(
    frames: Sequence[Frame],
    rows: Sequence[NDArray[np.int64]],
    objects: NDArray[np.void],
    truths: Sequence[NDArray[np.void]],
) -> Columns:
    """Return one row per object and frame that shows it.

    Parameters
    ----------
    frames
        The frames.
    rows
        For each frame, which objects it shows, shape (m,).
    objects
        All objects, shape (n,).
    truths
        For each frame, what is true of those m objects.
    """
    counts = [len(shown) for shown in rows]

    def per_frame(values: Sequence[object]) -> NDArray[np.generic]:
        return np.repeat(np.array(values), counts)

    truth = np.concatenate(truths)
    return {
        "truthId": objects["truthId"][np.concatenate(rows)],
        "visit": per_frame([frame.visit.visit for frame in frames]),
        "detector": per_frame([frame.detector for frame in frames]),
        "band": per_frame([frame.visit.band for frame in frames]),
        "expMidptMJD": per_frame([frame.visit.expMidptMJD for frame in frames]),
        **{name: truth[name] for name in ("ra", "dec", "x", "y", "flux", "counts")},
    }

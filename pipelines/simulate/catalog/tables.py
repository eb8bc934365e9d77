"""The tables that a survey has one of: visits, detectors, passbands, truth about objects."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from skytract.pipelines.simulate.catalog.observe import Observed
from skytract.pipelines.simulate.catalog.plan import CatalogPlan
from skytract.pipelines.simulate.catalog.throughput import detector_passbands
from skytract.pipelines.simulate.objects import BANDS
from skytract.pipelines.simulate.reference import reference_catalog
from skytract.pipelines.simulate.solar_system.populations import POPULATIONS
from skytract.pipelines.simulate.tables import truth_objects
from skytract.pipelines.simulate.templates import templates
from skytract.pipelines.write_catalog import as_table, write_table
from skytract.udf.calibration.spectra import WAVELENGTH

CAMERA = "skytract catalog simulator"
"""Name of the instrument."""

NOT_IN_VISIT = ("skyMag", "clouds", "isBad")
"""Columns of `VISIT` that only the truth has."""


def write_truth_objects(
    out: Path, plan: CatalogPlan, cells: Iterable[NDArray[np.void]]
) -> tuple[dict[str, int], NDArray[np.int64]]:
    """Write truth/TruthObject.parquet and ReferenceStar.parquet, cell by cell.

    Fluxes are those of `truth_objects` in the standard passbands; `sed` names a row of TruthSed.

    Returns
    -------
    rows : dict of str to int
        Of both tables.
    used : ndarray of int
        Templates that the objects have, ascending.
    """
    files = {"TruthObject": out / "truth" / "TruthObject.parquet"}
    files["ReferenceStar"] = out / "ReferenceStar.parquet"
    writers: dict[str, pq.ParquetWriter] = {}
    rows: Counter[str] = Counter()
    used = np.zeros(len(templates().names), bool)
    with ExitStack() as stack:
        for objects in cells:
            used[objects["sed"]] = True
            used[objects["companionSed"][objects["companionSed"] >= 0]] = True
            for kind, columns in (
                ("TruthObject", truth_objects(objects)),
                ("ReferenceStar", reference_catalog(plan.seed, objects)),
            ):
                table = _table(kind, columns)
                if kind not in writers:
                    writer = pq.ParquetWriter(files[kind], table.schema, write_page_checksum=True)
                    writers[kind] = stack.enter_context(writer)
                if table.num_rows:
                    writers[kind].write_table(table)
                rows[kind] += table.num_rows
    return dict(rows), np.flatnonzero(used)


def write_truth_bodies(out: Path, orbits: NDArray[np.void]) -> None:
    """Write truth/TruthSSObject.parquet: orbits of the minor planets in any field.

    Elements as in `solar_system.kepler.ORBIT`, heliocentric, ecliptic J2000, angles in deg.
    """
    names = [name for name in orbits.dtype.names or () if name not in ("population", "colour")]
    columns: dict[str, Any] = {name: orbits[name] for name in names}
    columns["population"] = np.array(POPULATIONS)[orbits["population"]]
    write_table(_table("TruthSSObject", columns), out / "truth" / "TruthSSObject.parquet")


def write_visits(out: Path, visits: NDArray[np.void], observed: Sequence[Observed]) -> None:
    """Write Visit.parquet, VisitDetector.parquet, and the truth of both."""
    columns: dict[str, Any] = {name: visits[name] for name in visits.dtype.names or ()}
    columns["band"] = [BANDS[band] for band in visits["band"]]
    known = {name: values for name, values in columns.items() if name not in NOT_IN_VISIT}
    known["physical_filter"] = [f"{band}_sim" for band in columns["band"]]
    write_table(as_table("Visit", known, len(visits)), out / "Visit.parquet")
    write_table(_table("TruthVisit", columns), out / "truth" / "TruthVisit.parquet")
    detectors = _joined([result.detectors for result in observed])
    table = as_table("VisitDetector", detectors, len(detectors["band"]))
    write_table(table, out / "VisitDetector.parquet")
    truth = _joined([result.truth for result in observed])
    path = out / "truth" / "TruthVisitDetector.parquet"
    write_table(_table("TruthVisitDetector", truth), path)


def write_passbands(out: Path, plan: CatalogPlan) -> None:
    """Write Passband.parquet: every band on every detector, without atmosphere.

    With the transmission of the atmosphere of a visit they are its observed passbands.
    """
    curves = detector_passbands(plan.seed, plan.detectors)
    rows = [(band, detector) for band in plan.bands for detector in range(plan.detectors)]
    columns = {
        "name": [f"simulated {plan.seed} {band} {detector}" for band, detector in rows],
        "system": ["simulated"] * len(rows),
        "band": [band for band, _ in rows],
        "physical_filter": [f"{band}_sim" for band, _ in rows],
        "instrument": [CAMERA] * len(rows),
        "detector": np.array([detector for _, detector in rows], np.int32),
        "wavelength": [WAVELENGTH.tolist()] * len(rows),
        "throughput": [
            curves[BANDS.index(band), detector].clip(0.0).tolist() for band, detector in rows
        ],
        "wavelengthMedium": ["vacuum"] * len(rows),
        "includesAtmosphere": np.zeros(len(rows), bool),
        "source": ["lsst2023 of speclite over the standard atmosphere, shifted"] * len(rows),
        "licence": ["BSD-3-Clause"] * len(rows),
    }
    write_table(_table("Passband", columns), out / "Passband.parquet")


def write_spectra(out: Path, used: NDArray[np.int64]) -> None:
    """Write truth/TruthSed.parquet: the spectra that `sed` of TruthObject names, in 1 nm bins.

    f_nu of mean 1 in the standard r passband; `used` are the rows of the templates.
    """
    known = templates()
    columns = {
        "sed": used,
        "name": [known.names[row] for row in used],
        "kind": [str(kind) for kind in known.kinds[used]],
        "fNu": list(known.fNu[used]),
    }
    write_table(_table("TruthSed", columns), out / "truth" / "TruthSed.parquet")


def _table(kind: str, columns: Any) -> pa.Table:
    """Return columns as a table that says its kind; NaN becomes NULL."""
    arrays = [pa.array(values, from_pandas=True) for values in columns.values()]
    table = pa.table(arrays, names=list(columns))
    return table.replace_schema_metadata({"skytract.kind": kind})


def _joined(parts: Sequence[Any]) -> dict[str, Any]:
    """Return the rows of all parts, which have the same columns; arrays, or lists."""
    return {
        name: np.concatenate([part[name] for part in parts])
        if isinstance(values, np.ndarray)
        else [value for part in parts for value in part[name]]
        for name, values in parts[0].items()
    }

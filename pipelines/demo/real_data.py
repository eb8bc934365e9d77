"""Published real data through the same stages: raw frames, raw catalogs, repeatability."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import yaml
from scipy.spatial import KDTree

from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.load import load_paths
from skytract.loaders.release import create_release, list_releases
from skytract.pipelines.demo.plots import plot_colour_term
from skytract.pipelines.demo.queries import read_metric, read_query
from skytract.pipelines.demo.survey import Report, load
from skytract.pipelines.process_frames import process_frames
from skytract.pipelines.process_release import process_release
from skytract.pipelines.process_visit_detector import FrameTask
from skytract.pipelines.run_stage import Stage, run_stage
from skytract.pipelines.write_catalog import as_table, write_table

FRAMES = {
    "raw_ccd/saao_a8280271.fits": "r",
    "sep_emmi/image.fits": None,
    "sdss_frame/frame-r-001000-1-0100.fits.bz2": None,
}
"""Frames of the data folder, with the band where the header does not tell it."""

HSC = "hsc_s82_field"
VISITS = (903986, 903988, 904010)
FIELD = {"ra": 320.8, "dec": -0.4, "expMidptMJD": 56598.4, "expTime": 30.0, "band": "i"}
"""Pointing and night (2013-11-02) of the HSC visits; their catalogs do not hold them."""

Findings = list[tuple[str, str, str]]
"""What was measured, its value here, and the published one."""


def run_frames(data: Path, out: Path) -> Findings:
    """Measure the real frames; return what the data's own publications also tell."""
    tasks = [FrameTask(data / name, out, band=band) for name, band in FRAMES.items()]
    present = [task for task in tasks if task.path.is_file()]
    report = process_frames(present)
    if report.failures:
        raise SkytractError(next(iter(report.failures.values())))
    found: Findings = []
    for task, result in zip(present, report.results, strict=True):
        summary = result.summary
        name = task.path.name.removesuffix(".bz2")
        found.append((f"{name}: sources", str(summary["sources"]), ""))
        if summary["overscan"] is not None:
            found.append((f"{name}: overscan [adu]", f"{summary['overscan']:.1f}", "214.0"))
            noise = f"{summary['readNoise']:.2f}"
            found.append((f"{name}: read noise [electron]", noise, "5.8 to 6.0"))
        catalog = task.path.with_name("image.cat")
        if catalog.is_file():
            ours, theirs = _found_again(result.source_path, catalog)
            found.append((f"{name}: found within 1 px of SExtractor's", str(ours), str(theirs)))
    return found


def _found_again(ours: Path, theirs: Path) -> tuple[int, int]:
    """Count the sources of a SExtractor catalog, and those with one of ours within a pixel."""
    columns = pq.read_table(ours, columns=["x", "y"])
    tree = KDTree(np.column_stack([columns["x"], columns["y"]]))
    published = np.loadtxt(theirs, usecols=(1, 2)) - 1.0  # X_IMAGE, Y_IMAGE count from 1
    distance, _ = tree.query(published)
    return int((distance < 1.0).sum()), len(published)


def write_visits(out: Path, detector: int) -> list[Path]:
    """Write the Visit and VisitDetector catalogs that the HSC files do not come with."""
    n = len(VISITS)
    visits = {"visit": list(VISITS), **{name: [value] * n for name, value in FIELD.items()}}
    detectors = {
        "visit": list(VISITS),
        "detector": [detector] * n,
        "band": ["i"] * n,
        "nx": [2048] * n,
        "ny": [4176] * n,
        "sipOrder": [0] * n,
    }
    paths = [out / "Visit.parquet", out / "VisitDetector.parquet"]
    out.mkdir(parents=True, exist_ok=True)
    write_table(as_table("Visit", visits, n), paths[0])
    write_table(as_table("VisitDetector", detectors, n), paths[1])
    return paths


def run_counts(data: Path, out: Path, database: str, report: Report) -> Findings:
    """Load real counts and fit their zero point and colour term against Pan-STARRS."""
    hsc = data / HSC
    load(database, sorted((out / "catalogs").glob("*.parquet")), report)
    load(database, write_visits(out / "hsc_visits_31", 31), report)
    with connect("loader", dbname=database) as connection:
        counts = {"visit": "903986", "detector": "31"}
        results = [
            *load_paths(connection, [hsc / "src_HSC_i_903986_31.fits.gz"], constants=counts),
            *load_paths(connection, sorted(hsc.glob("ps1_*")), constants={"catalog": "ps1_pv3"}),
        ]
    _require_loaded(results)
    with connect("manager", dbname=database) as connection:
        known = connection.execute("SELECT FROM calibration.Solution WHERE name = 'ps1'")
        if known.fetchone() is None:
            connection.execute(
                "SELECT calibration.fit_photometry('ps1', 'ps1_pv3', '{i}', '{r-i}')"
            )
        row = connection.execute(read_query("zero_point")).fetchone()
        stars = connection.execute(read_query("colour_term")).fetchall()
    assert row is not None
    zero, zero_err, slope, slope_err, rms, n_star = row
    colour, offset = np.array(stars, float).T
    label = ("Pan-STARRS r - i [mag]", "Pan-STARRS i + 2.5 log10(counts) [mag]")
    plot_colour_term(out / "hsc_zero_point.png", colour, offset, zero, slope, label)
    return [
        ("HSC i zero point", f"{zero:.3f} ± {zero_err:.3f}", "30.59"),
        ("HSC i colour term (r-i)", f"{slope:.3f} ± {slope_err:.3f}", "0.091"),
        ("weighted rms [mag], stars", f"{rms:.4f}, {n_star}", "0.020, 132"),
    ]


def _require_loaded(results: list[Any]) -> None:
    for result in results:
        if result.state == "refused":
            raise SkytractError(str(result.error))


def run_visits(data: Path, out: Path, database: str, report: Report) -> Findings:
    """Associate three real visits and compute their repeatability beside the published one."""
    hsc = data / HSC
    load(database, write_visits(out / "hsc_visits_0", 0), report)
    load(database, [hsc / "matchedCatalogTract_0_i.fits.gz"], report)
    with connect("owner", dbname=database) as connection:
        if not list_releases(connection):
            create_release(connection, "dr1")
    with connect("manager", dbname=database) as connection:
        known = connection.execute("SELECT FROM calibration.Solution WHERE name = 'published'")
        if known.fetchone() is None:
            connection.execute("SELECT calibration.state_zero_point('published', 31.4)")
            connection.commit()
        run_stage(connection, Stage(("calibration", "use_solution"), "dr1", ("published",)))
    process_release(lambda: connect("manager", dbname=database), "dr1")
    found: Findings = []
    with connect("manager", dbname=database) as connection:
        for metric, unit in (("PA1", "mmag"), ("PF1", "%"), ("AM1", "mas")):
            (row,) = read_metric(connection, metric)
            found.append((f"{metric} i [{unit}]", f"{row[1]:.10g}", _expected(hsc, metric)))
    return found


def _expected(hsc: Path, metric: str) -> str:
    text = (hsc / f"{metric}_expected_0_i.yaml").read_text()
    last = next(line for line in text.splitlines() if line.startswith("value: "))
    return str(yaml.safe_load(last)["value"])

"""Runs all parts of the demo and collects what there is to show."""

import shutil
import time
from pathlib import Path

from skytract.loaders.connect import connect
from skytract.loaders.database import create_database, drop_database
from skytract.loaders.dsn import uses_dsn
from skytract.loaders.migrate import migrate
from skytract.loaders.server import start
from skytract.pipelines.demo.pictures import draw_pictures
from skytract.pipelines.demo.queries import read_metric, read_query
from skytract.pipelines.demo.real_data import Findings, run_counts, run_frames, run_visits
from skytract.pipelines.demo.summary import Summary
from skytract.pipelines.demo.survey import Report, run_survey

PARTS = ("survey", "catalogs", "forced", "real", "visits")
"""Folders the demo makes, and may delete."""


def run_demo(
    out: Path, data: Path | None, fresh: bool, databases: tuple[str, str, str], report: Report
) -> Summary:
    """Run the demo; what an earlier run did is kept unless `fresh`.

    Parameters
    ----------
    out
        Folder of frames, catalogs and plots.
    data
        Folder of published data, or None.
    databases
        Names of the databases of the survey, of real counts, and of real visits.
    """
    began = time.monotonic()
    if not uses_dsn():
        start()
    if fresh:
        for database in databases:
            drop_database(database)
        for part in PARTS:
            shutil.rmtree(out / part, ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    prepare()  # the database that the next commands of a newcomer will use
    prepare(databases[0])
    run_survey(out, databases[0], report)
    with connect("manager", dbname=databases[0]) as connection:
        plots, star = draw_pictures(connection, out)
        counts = connection.execute(read_query("row_counts")).fetchall()
        metrics = [(name, *row) for name in ("PA1", "AM1") for row in read_metric(connection, name)]
    findings: Findings = []
    if data is not None:
        findings, more = run_real_data(data, out, databases[1:], report)
        plots += more
    return Summary(
        out, databases[0], counts, metrics, findings, plots, star, time.monotonic() - began
    )


def prepare(database: str | None = None) -> None:
    """Make a database, by default that of all commands, and bring it to this code's version."""
    create_database(database)
    with connect("owner", check=False, dbname=database) as connection:
        migrate(connection)


def run_real_data(
    data: Path, out: Path, databases: tuple[str, ...], report: Report
) -> tuple[Findings, list[Path]]:
    """Send the published data through; return findings beside published values, and plots."""
    real = out / "real"
    findings = run_frames(data, real / "catalogs")
    plots = []
    if (data / "hsc_s82_field").is_dir():
        for database in databases:
            prepare(database)
        findings += run_counts(data, real, databases[0], report)
        findings += run_visits(data, real, databases[1], report)
        plots.append(real / "hsc_zero_point.png")
    return findings, plots

"""`skytract process`: run the database stages that fill a release."""

from collections.abc import Callable
from typing import Any

import click
import psycopg
from rich.progress import Progress, TaskID
from rich.table import Table

from skytract.loaders.connect import connect

SHOWN = 5
"""Warnings that are printed; of a thousand partitions each may have one."""


@click.command()
@click.argument("release")
@click.option("--solution", help="Photometric solution to calibrate with; kept by the release.")
@click.option(
    "--seds", help="SEDs of objects to compute kappa for (calibration.infer_seds); kept too."
)
@click.option(
    "--astrometry", help="WCS to place sources by (calibration.fit_joint_astrometry); kept too."
)
@click.option("--radius", default=0.5, show_default=True, help="Matching radius, arcsec.")
@click.option(
    "--jobs", default=2, show_default=True, type=click.IntRange(1), help="Partitions at a time."
)
def process(
    release: str,
    solution: str | None,
    seds: str | None,
    astrometry: str | None,
    radius: float,
    jobs: int,
) -> None:
    """Fill an open release from the raw tables: association, calibration, objects.

    Each stage works partition by partition, each of them in a transaction of its own that
    meta.StageRun records: detections are associated and calibrated, Objects made, DiaSources
    associated and DiaObjects made, proper motions and parallaxes fitted. Running it again gives
    the same rows; after a failure, run it again to go on.

    \b
    Examples:
      skytract process dr1 --solution simulated
      skytract process dr1 --seds inferred
      skytract sql -c "SELECT stage, state, rowCount FROM meta.StageRun"
    """
    from rich.console import Console

    from skytract.pipelines.process_release import process_release
    from skytract.pipelines.run_stage import Stage, run_stage

    chosen = {"use_solution": solution, "use_seds": seds, "use_astrometry": astrometry}
    with connect("manager") as connection:
        for function, name in chosen.items():
            if name:
                run_stage(connection, Stage(("calibration", function), release, (name,)))
    with Progress(transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done)

        said: list[str] = []
        written = process_release(_listener(said), release, radius, jobs, progress)
    table = Table("stage", "rows")
    for stage, rows in written.items():
        table.add_row(stage, f"{rows:,}")
    Console().print(table)
    for warning in said[:SHOWN]:
        click.echo(f"Warning: {warning}.", err=True)
    if len(said) > SHOWN:
        click.echo(f"There were {len(said) - SHOWN} more warnings.", err=True)


def _listener(said: list[str]) -> Callable[[], psycopg.Connection[Any]]:
    """Open connections of the manager whose warnings are appended to a list."""

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            said.append(str(notice.message_primary))

    def opened() -> psycopg.Connection[Any]:
        connection = connect("manager")
        connection.add_notice_handler(hear)
        return connection

    return opened

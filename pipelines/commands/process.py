"""`skytract process`: run the database stages that fill a release."""

import click
from rich.table import Table

from skytract.loaders.connect import connect
from skytract.pipelines.commands.hear_warnings import listener, print_warnings
from skytract.pipelines.commands.progress_bar import progress_bar


@click.command()
@click.argument("release")
@click.option("--solution", help="Photometric solution to calibrate with; kept by the release.")
@click.option(
    "--seds", help="SEDs of objects to compute kappa for (`skytract calibrate seds`); kept too."
)
@click.option(
    "--astrometry", help="WCS to place sources by (`skytract calibrate astrometry`); kept too."
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

    from skytract.pipelines.in_sentences import in_sentences
    from skytract.pipelines.process_release import process_release
    from skytract.pipelines.run_stage import Stage, run_stage

    chosen = [
        # First, for these can still be refused when all names are known.
        ("sed", "use_seds", seds),
        ("photometry", "use_solution", solution),
        ("astrometry", "use_astrometry", astrometry),
    ]
    named = [choice for choice in chosen if choice[2]]
    with connect("manager") as connection:
        with in_sentences(connection):
            for kind, _, name in named:
                connection.execute("SELECT calibration.find_solution(%s, %s)", (kind, name))
        for _, function, name in named:
            run_stage(connection, Stage(("calibration", function), release, (name,)))
    said: list[str] = []
    with progress_bar() as progress:
        written = process_release(listener(said), release, radius, jobs, progress)
    table = Table("stage", "rows")
    for stage, rows in written.items():
        table.add_row(stage, f"{rows:,}")
    Console().print(table)
    print_warnings(said)

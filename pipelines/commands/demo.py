"""`skytract demo`: run the whole system once, from exposures to plots."""

import os
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

DATABASES = ("demo", "demo_counts", "demo_visits")
"""The survey; real frames and counts; the visits whose repeatability is published."""


def _default_data() -> Path:
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("SKYTRACT_DATA", beside))


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output"),
    show_default=True,
    help="Folder of frames, catalogs and plots.",
)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of published data to send through as well; default SKYTRACT_DATA, if that exists.",
)
@click.option("--fresh", is_flag=True, help="Drop the demo's databases and folders first.")
def demo(out: Path, data: Path | None, fresh: bool) -> None:
    """Run the whole system once: raw exposures to calibrated tables and plots.

    Draws a small seeded survey, measures its frames, loads the catalogs, associates and calibrates
    them in the database `demo`, forces fluxes at the objects' positions and draws plots. What an
    earlier run has done is kept. With a folder of published data, real frames and catalogs go the
    same way, and the results are shown beside the published ones.

    \b
    Examples:
      skytract demo
      skytract demo --data ../shared/data --out /tmp/demo
      skytract --database demo sql -c "SELECT count(*) FROM dr1.Source"
    """
    from skytract.pipelines.demo.run import run_demo

    data = data or (_default_data() if _default_data().is_dir() else None)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as bar:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks or done == 1:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        result = run_demo(out.resolve(), data, fresh, DATABASES, report)
    result.show(Console())

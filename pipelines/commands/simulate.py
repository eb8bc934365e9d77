"""`skytract simulate`: draw a small survey with known truth."""

from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skytract.pipelines.simulate import survey
from skytract.pipelines.simulate.plan import SurveyPlan


@click.command(
    epilog="Example: skytract simulate --seed 42 --out /tmp/survey --visits 16 --bands gr"
)
@click.option("--seed", type=int, required=True, help="Integer that decides everything.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; empty or not there yet.",
)
@click.option("--visits", default=SurveyPlan.visits, show_default=True, help="Number of visits.")
@click.option(
    "--detectors", default=SurveyPlan.detectors, show_default=True, help="Detectors of the camera."
)
@click.option(
    "--bands", default=SurveyPlan.bands, show_default=True, help="Bands, letters of ugrizy."
)
def simulate(seed: int, out: Path, visits: int, detectors: int, bands: str) -> None:
    """Draw a small seeded survey with known truth: raw frames, reference stars, truth tables.

    The same seed and options always give the same bytes. Visits cycle through the bands. Frames are
    uint16 FITS files with bias, overscan, noise, cosmic rays and hot pixels in OUT/raw; the
    reference catalog OUT/ReferenceStar.parquet loads with `skytract load`; OUT/truth holds true
    objects, visits, zero points and the true flux of every object in every frame.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("frames", total=None)
        files = survey.simulate(
            out,
            seed,
            visits,
            detectors,
            bands,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    click.echo(f"{len(files.frames)} frames of {visits} visits, {size / 1e6:.0f} MB, in {out}")
    click.echo(f"reference stars: {files.reference}")
    click.echo(f"truth:           {files.truthObject.parent}")

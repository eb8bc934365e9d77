"""`skytract frames`: raw exposures become raw-unit catalogs."""

from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from skytract.pipelines.characterize_image import FrameSettings
from skytract.pipelines.detect_sources import DetectionSettings
from skytract.pipelines.estimate_background import DEFAULT_MESH
from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.instruments import BANDS
from skytract.pipelines.process_frames import FramesReport, process_frames
from skytract.pipelines.process_visit_detector import FrameTask

SUFFIXES = (".fits", ".fit", ".fits.gz", ".fits.bz2", ".fits.fz")


@click.command(epilog="Example: skytract frames survey/raw --out survey/catalogs --jobs 2")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder of catalogs and calibrated exposures.",
)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: all processors.")
@click.option(
    "--threshold",
    type=click.FloatRange(min=1.0),
    default=DetectionSettings.threshold,
    show_default=True,
    help="Signal-to-noise ratio of a point source.",
)
@click.option(
    "--mesh",
    type=click.IntRange(min=8),
    default=DEFAULT_MESH,
    show_default=True,
    help="Cells of the background, pixels.",
)
@click.option("--instrument", help="Header dialect, instead of finding it by the header.")
@click.option("--band", type=click.Choice(BANDS), help="Band, instead of the header's.")
def frames(
    paths: tuple[Path, ...],
    out: Path,
    jobs: int | None,
    threshold: float,
    mesh: int,
    instrument: str | None,
    band: str | None,
) -> None:
    """Turn raw exposures (FITS files, or folders of them) into raw-unit catalogs.

    OUT receives Source_<visit>_<detector>.parquet for every frame, Visit.parquet and
    VisitDetector.parquet for all, and the calibrated exposures in OUT/calexp. Frames that are up to
    date are skipped, so an interrupted run continues where it stopped. `skytract load OUT` is next.
    Give every night an OUT of its own: Visit.parquet lists all frames of the folder.
    """
    settings = FrameSettings(DetectionSettings(threshold=threshold), mesh)
    tasks = [FrameTask(path, out, instrument, band, settings) for path in find_frames(paths)]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
            task = bar.add_task("frames", total=len(tasks))
            report = process_frames(tasks, jobs, progress=lambda _: bar.advance(task))
    except FrameError as error:
        raise click.ClickException(str(error)) from error
    _print(report, out)
    if report.failures:
        for message in report.failures.values():
            click.echo(f"Error: {message}", err=True)
        raise click.exceptions.Exit(1)


def find_frames(paths: tuple[Path, ...]) -> list[Path]:
    """List the frames: files as given, folders by their FITS files, each once."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for file in inside:
            if file == path or file.name.lower().endswith(SUFFIXES):
                found[file] = None
    return list(found)


def _print(report: FramesReport, out: Path) -> None:
    table = Table(box=None)
    for heading in ("visit", "det", "sources", "PSF px", "stars", "sky e-", "noise e-", "s"):
        table.add_column(heading, justify="right")
    for result in report.results:
        values = result.summary
        read_noise = values["readNoise"]
        table.add_row(
            str(result.visit),
            str(result.detector),
            str(values["sources"]),
            f"{values['psfFwhm']:.2f}",
            str(values["stars"]) if values["stars"] else "none: PSF guessed",
            f"{values['skyBg']:.1f}",
            "-" if read_noise is None else f"{read_noise:.2f}",
            "done" if result.skipped else f"{result.seconds:.1f}",
        )
    if report.results:
        Console().print(table)
        total = sum(result.summary["sources"] for result in report.results)
        click.echo(f"{total} sources of {len(report.results)} frames in {out}")

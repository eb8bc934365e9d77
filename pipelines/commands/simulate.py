"""`skytract simulate`: draw a survey with known truth."""

import os
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from skytract.loaders.errors import SkytractError
from skytract.pipelines.simulate.catalog.plan import (
    CADENCES,
    PRESETS,
    SKIPPABLE,
    CatalogPlan,
    parse_area,
)
from skytract.pipelines.simulate.plan import SurveyPlan

NOT_OF_FRAMES = (
    "area",
    "preset",
    "cadence",
    "faintest",
    "outliers",
    "bad_visits",
    "spurious",
    "skip",
)
"""Options that only catalogs have."""

NAMES = {"bad_visits": "badVisits", "minor_planets": "minorPlanets"}
"""Options whose names in the plan are others."""


@click.command()
@click.option("--seed", type=int, required=True, help="Integer that decides everything.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; empty or not there yet.",
)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="Size: about 10^4, 10^6, 10^7, 10^8 sources; tiny if not given. The options below that "
    "are given as well count.",
)
@click.option(
    "--area",
    metavar="RA,DEC,RADIUS",
    help="Circle of boresights, deg, radius 0 for one point; about 310,-5 if not given.",
)
@click.option("--visits", type=int, help="Number of visits.")
@click.option("--detectors", type=int, help="Detectors of the camera, 1 to 189.")
@click.option("--bands", help="Bands, letters of ugrizy; all of them if not given (frames: gr).")
@click.option(
    "--cadence",
    type=click.Choice(CADENCES),
    help="Our scheduler (simple), or a year of LSST's visits, of the package sorcha (baseline).",
)
@click.option("--faintest", type=float, help="Faintest objects, r magnitude; 24.5 if not given.")
@click.option(
    "--minor-planets", type=float, help="Absolute magnitude to which the main belt is drawn."
)
@click.option("--outliers", type=float, help="Fraction of wrong sources; 0.002 if not given.")
@click.option("--bad-visits", type=float, help="Fraction of bad visits; 0.02 if not given.")
@click.option(
    "--spurious", type=float, help="False detections per visit and detector; 8 if not given."
)
@click.option(
    "--skip",
    type=click.Choice(list(SKIPPABLE)),
    multiple=True,
    help="Leave out DiaSource, ForcedSource, or CoaddSource with ObjectMeasurement.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    show_default="processors",
    help="Processes; the files do not depend on it.",
)
@click.option("--frames", is_flag=True, help="Raw frames for `skytract frames`, not catalogs.")
def simulate(seed: int, out: Path, jobs: int, frames: bool, **options: Any) -> None:
    """Draw a seeded survey with known truth: catalogs in raw units, ready to be loaded.

    A sky of stars, galaxies, quasars and what varies among them; visits with weather, a camera with
    its faults; measurements with noise. OUT holds Visit, VisitDetector, Passband and ReferenceStar,
    Source, DiaSource and ForcedSource of every visit, a load unit for every tract, and the truth
    about all of it in OUT/truth. The same seed and options always give the same bytes.

    With --frames it draws raw frames instead, uint16 FITS with bias, noise and cosmic rays, in
    OUT/raw: few, small, and slow to measure, but all pixel stages have something to do.

    \b
    Examples:
      skytract simulate --seed 42 --out /tmp/survey
      skytract simulate --seed 42 --preset small --area 150,2.2,0.5 --bands gri --out /tmp/cosmos
      skytract simulate --seed 42 --frames --visits 6 --detectors 1 --out /tmp/frames
      skytract load /tmp/survey
    """
    given = {name: value for name, value in options.items() if value not in (None, ())}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        lines = (_frames if frames else _catalogs)(out, seed, jobs, given, report)
    for line in lines:
        click.echo(line)


def _frames(out: Path, seed: int, jobs: int, given: dict[str, Any], report: Any) -> list[str]:
    """Draw frames; return what there is to say."""
    from skytract.pipelines.simulate import survey

    for name in NOT_OF_FRAMES:
        if name in given:
            option = name.replace("_", "-")
            raise SkytractError(
                f"--{option} belongs to catalogs, and --frames draws none: leave one of them out."
            )
    plan = SurveyPlan(seed=seed, **given)
    files = survey.write_survey(out, plan, lambda done, total: report("frames", done, total))
    return [
        f"{len(files.frames)} frames of {plan.visits} visits, {_size(out)} MB, in {out}",
        f"reference stars: {files.reference}",
        f"truth:           {files.truthObject.parent}",
    ]


def _catalogs(out: Path, seed: int, jobs: int, given: dict[str, Any], report: Any) -> list[str]:
    """Draw catalogs; return what there is to say."""
    from skytract.pipelines.simulate.catalog.survey import simulate_catalogs

    skip = tuple(SKIPPABLE[name] for name in given.pop("skip", ()))
    wanted = dict(PRESETS[given.pop("preset", "tiny")])
    if "area" in given:
        wanted |= parse_area(given.pop("area"))
    wanted |= {NAMES.get(name, name): value for name, value in given.items()}
    plan = CatalogPlan(seed=seed, **wanted)
    files = simulate_catalogs(out, plan, jobs, skip, report)
    shown = [f"{rows} {kind}" for kind, rows in files.rows.items() if not kind.startswith("Truth")]
    return [
        f"{', '.join(shown)}; {_size(out)} MB, in {out}",
        f"load it:  skytract load {out}",
        f"truth:    {out / 'truth'}",
    ]


def _size(folder: Path) -> int:
    """Return how much the files below a folder take, MB."""
    return round(sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6)

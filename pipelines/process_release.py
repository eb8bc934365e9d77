"""Fills a release from the raw tables: association, calibration, objects, stage by stage."""

from collections.abc import Iterator

from skytract.pipelines.run_release import Cell, Connect, Progress, run_release
from skytract.pipelines.run_stage import Stage

ASSOCIATE = ("association", "associate_sources")
"""The function that groups detections into objects."""


def stages(release: str, cells: list[Cell], radius_arcsec: float) -> Iterator[list[Stage]]:
    """Yield the stages that fill a release; those of one list may run side by side.

    DiaObjects come before motions, which are fitted to their DiaSources too.
    """
    yield [Stage(("calibration", "describe_visits"), release)]
    yield [Stage(ASSOCIATE, release, (*cell, radius_arcsec), cell) for cell in cells]
    for function in (
        ("calibration", "apply_calibrations"),
        ("association", "make_objects"),
        ("association", "generate_dia_objects"),
        ("association", "fit_motions"),
    ):
        yield [Stage(function, release, cell, cell) for cell in cells]


def process_release(
    connect: Connect,
    release: str,
    radius_arcsec: float = 0.5,
    jobs: int = 2,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, int]:
    """Run all stages over a release; running them again gives the same rows.

    Parameters
    ----------
    connect
        Opens a connection of the manager; called once per job.
    release
        An open release that has a photometric solution.
    radius_arcsec
        Detections within this distance are friends.
    jobs
        Partitions worked on at the same time.

    Returns
    -------
    dict
        Rows written (objects found, for association) by the name of the stage.

    Raises
    ------
    SkytractError
        If a stage fails (what was committed stays; run it again to go on), or if somebody else
        processes the release.
    """
    return run_release(
        connect, release, lambda cells: stages(release, cells, radius_arcsec), jobs, progress
    )

"""Fills a release from the raw tables: association, calibration, objects, stage by stage."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.pipelines.run_stage import Stage, run_stage

Connect = Callable[[], psycopg.Connection[Any]]
Progress = Callable[[str, int, int], None]
"""Called with the name of the stage, and how many of its partitions are done of how many."""


def partitions(connection: psycopg.Connection[Any], release: str) -> list[tuple[int, int]]:
    """List the bounds [lo, hi) of a release's partitions, in order."""
    query = "SELECT lo, hi FROM meta.Partition WHERE tessellation = %s ORDER BY lo"
    return [(lo, hi) for lo, hi in connection.execute(query, (release,))]


def stages(
    release: str, cells: list[tuple[int, int]], radius_arcsec: float
) -> Iterator[list[Stage]]:
    """Yield the stages that fill a release; those of one list may run side by side.

    DiaObjects come before motions, which are fitted to their DiaSources too.
    """
    yield [Stage(("calibration", "describe_visits"), release)]
    associate = ("association", "associate_sources")
    yield [Stage(associate, release, (*cell, radius_arcsec), cell) for cell in cells]
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
    with ExitStack() as stack:
        idle: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
        for _ in range(jobs):
            connection = connect()
            stack.callback(connection.close)
            idle.put(connection)
        _claim(connection, release)
        cells = partitions(connection, release)
        connection.commit()
        written: dict[str, int] = {}

        def run(stage: Stage) -> int:
            connection = idle.get()
            try:
                return run_stage(connection, stage)
            finally:
                idle.put(connection)

        with ThreadPoolExecutor(jobs) as pool:
            for group in stages(release, cells, radius_arcsec):
                name = group[0].name
                written[name] = 0
                for done, rows in enumerate(pool.map(run, group), start=1):
                    written[name] += rows
                    progress(name, done, len(group))
    return written


def _claim(connection: psycopg.Connection[Any], release: str) -> None:
    """Make this session the only one that processes a release, until it is closed.

    Two at once would mix objects of two groupings. Publishing, and the choice of another solution,
    are refused meanwhile.
    """
    lock = "SELECT pg_try_advisory_lock(hashtext('meta.Release'), hashtext(%s))"
    if connection.execute(lock, (release,)).fetchone() != (True,):
        raise SkytractError(
            f"Release {release} is being processed by another session: run it again when"
            " that has ended."
        )

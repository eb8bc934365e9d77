"""Runs stages over the partitions of a release, several at a time, one session per release."""

from collections.abc import Callable, Iterable
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

Cell = tuple[int, int]
"""Bounds [lo, hi) of a partition."""


def partitions(connection: psycopg.Connection[Any], release: str) -> list[Cell]:
    """List the bounds [lo, hi) of a release's partitions, in order."""
    query = "SELECT lo, hi FROM meta.Partition WHERE tessellation = %s ORDER BY lo"
    return [(lo, hi) for lo, hi in connection.execute(query, (release,))]


def run_release(
    connect: Connect,
    release: str,
    plan: Callable[[list[Cell]], Iterable[list[Stage]]],
    jobs: int = 2,
    progress: Progress = lambda stage, done, total: None,
) -> dict[str, int]:
    """Run a plan of stages over a release.

    Parameters
    ----------
    connect
        Opens a connection of the manager; called once per job.
    release
        Name of the release.
    plan
        Makes lists of stages for the partitions of the release: those of one list have the same
        function and may run side by side, lists run one after the other.
    jobs
        Partitions worked on at the same time.

    Returns
    -------
    dict
        The sum of what the stages returned, by their name.

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
            for group in plan(cells):
                name = group[0].name
                written[name] = 0
                progress(name, 0, len(group))
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

"""Many frames: one process per detector, one Visit and one VisitDetector catalog for all."""

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skytract.pipelines.frame_error import FrameError
from skytract.pipelines.process_visit_detector import (
    FrameResult,
    FrameTask,
    find_result,
    process_visit_detector,
)
from skytract.pipelines.read_raw import read_info
from skytract.pipelines.write_catalog import as_table, read_metadata, write_table

THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Each worker is one thread: the machine is filled by processes."""
SAME_VISIT = ("band", "physical_filter", "ra", "dec", "expMidptMJD", "expTime")
"""What all detectors of a visit must agree on."""


@dataclass(frozen=True)
class FramesReport:
    """What became of the frames, in the order given; a failure is a full sentence."""

    results: tuple[FrameResult, ...]
    failures: dict[Path, str]
    visit_path: Path
    visit_detector_path: Path


def process_frames(
    tasks: Sequence[FrameTask],
    jobs: int | None = None,
    progress: Callable[[Path], None] | None = None,
) -> FramesReport:
    """Process raw frames in parallel and collect the catalogs of their visits.

    Frames whose result is up to date are skipped; a frame that fails stops no other.

    Parameters
    ----------
    tasks : sequence of FrameTask
        All with the same folder of results.
    jobs : int, optional
        Processes; as many as there are processors otherwise.
    progress : callable, optional
        Called with the path of each frame when it is done.

    Raises
    ------
    FrameError
        If there are no frames, two of them are the same detector of the same visit, or the
        detectors of a visit contradict each other.
    """
    if not tasks:
        raise FrameError("There are no frames to process: give FITS files, or folders of them.")
    out = tasks[0].out
    out.mkdir(parents=True, exist_ok=True)
    results: dict[Path, FrameResult] = {}
    failures: dict[Path, str] = {}
    todo = _sort_out(tasks, results, failures)
    for path in (*results, *failures):
        if progress is not None:
            progress(path)
    for task, outcome in _run(todo, jobs or os.cpu_count() or 1):
        if isinstance(outcome, FrameResult):
            results[task.path] = outcome
        else:
            failures[task.path] = outcome
        if progress is not None:
            progress(task.path)
    paths = collect_visits(out)
    ordered = tuple(results[task.path] for task in tasks if task.path in results)
    return FramesReport(ordered, failures, *paths)


def _sort_out(
    tasks: Sequence[FrameTask], results: dict[Path, FrameResult], failures: dict[Path, str]
) -> list[FrameTask]:
    """Tasks left to do; fills in what is done already and what cannot be read."""
    todo: list[FrameTask] = []
    owners: dict[tuple[int, int], Path] = {}
    for task in tasks:
        try:
            info = read_info(task.path, task.instrument, task.band)
            owner = owners.setdefault((info.visit, info.detector), task.path)
            found = find_result(task)
        except FrameError as error:
            failures[task.path] = str(error)
            continue
        if owner != task.path:
            raise FrameError(
                f"{owner} and {task.path} are both visit {info.visit}, detector {info.detector}; "
                "leave one of them out, or correct the headers."
            )
        if found is None:
            todo.append(task)
        else:
            results[task.path] = found
    return todo


def _run(tasks: list[FrameTask], jobs: int) -> Iterator[tuple[FrameTask, FrameResult | str]]:
    """Results, or the sentence that says why there is none, as they arrive."""
    jobs = min(jobs, len(tasks))
    if jobs <= 1:
        for task in tasks:
            yield task, attempt(task)
        return
    with (
        _single_threads(),
        ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool,
    ):
        futures = {pool.submit(attempt, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], _outcome(future, futures[future])


def attempt(task: FrameTask) -> FrameResult | str:
    """Process a frame; return the sentence of the error instead of raising it."""
    try:
        return process_visit_detector(task)
    except FrameError as error:
        return str(error)
    except OSError as error:
        return f"{task.path}: {error}. Check the space and the permissions of {task.out}."


def _outcome(future: "Future[FrameResult | str]", task: FrameTask) -> FrameResult | str:
    try:
        return future.result()
    except BrokenProcessPool:
        return (
            f"{task.path}: the process working on it, or beside it, was killed, perhaps for lack "
            "of memory. Run the command again: finished frames are skipped; --jobs 1 needs least."
        )


@contextmanager
def _single_threads() -> Iterator[None]:
    """Let processes started within have one thread each."""
    before = {name: os.environ.get(name) for name in THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def collect_visits(out: Path) -> tuple[Path, Path]:
    """Write Visit.parquet and VisitDetector.parquet from all Source catalogs in a folder.

    Without any Source catalog there are no such files.

    Returns
    -------
    (Path, Path)

    Raises
    ------
    FrameError
        If the detectors of a visit contradict each other.
    """
    found = [read_metadata(path) for path in sorted(out.glob("Source_*.parquet"))]
    units = [unit for unit in found if unit is not None and "visitDetector" in unit]
    detectors = sorted(
        (unit["visitDetector"] for unit in units), key=lambda row: (row["visit"], row["detector"])
    )
    by_visit: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for unit in units:
        by_visit[unit["visit"]["visit"]].append(unit["visit"])
    visits = [_one_visit(by_visit[visit]) for visit in sorted(by_visit)]
    paths = out / "Visit.parquet", out / "VisitDetector.parquet"
    for path, rows in zip(paths, (visits, detectors), strict=True):
        if not rows:
            path.unlink(missing_ok=True)
            continue
        kind = path.stem
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        write_table(as_table(kind, columns, len(rows)), path)
    return paths


def _one_visit(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Row of a visit: what its detectors agree on, and the median of their seeing."""
    for name in SAME_VISIT:
        values = {row[name] for row in rows}
        if len(values) > 1:
            raise FrameError(
                f"Visit {rows[0]['visit']}: its detectors disagree on {name}: "
                f"{sorted(map(str, values))}. Give different exposures different visit numbers."
            )
    seeing = float(np.median([row["seeing"] for row in rows]))
    return rows[0] | {"seeing": seeing}

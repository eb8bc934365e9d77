"""Processes that share a task and answer in order: the answers do not depend on their number."""

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, Protocol

from skytract.pipelines.simulate.one_thread import one_thread

PRELOADED = "skytract.pipelines.simulate.catalog.survey"
"""Module that is imported once for all processes."""


class Opens(Protocol):
    """A task that every worker opens once; its functions get both."""

    def open(self) -> Any:
        """Return what is too large to be sent."""


class Workers:
    """A pool of processes, or this one alone.

    Parameters
    ----------
    jobs
        Processes; 1 works in this one.
    task
        Handed to every function, with what it opens, before the argument; none if not given.
    """

    def __init__(self, jobs: int, task: Opens | None = None) -> None:
        self.jobs = jobs
        self._shared = _shared_by(task) if jobs == 1 else ()
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload([PRELOADED])
            self._pool = ProcessPoolExecutor(jobs, context, _begin, (task,))

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        """Yield the answers in the order of items; few are on their way at a time."""
        if self._pool is None:
            for item in items:
                with one_thread():
                    result = function(*self._shared, item)
                yield result
            return
        waiting: deque[Any] = deque()
        for item in items:
            waiting.append(self._pool.submit(_work, function, item))
            if len(waiting) > 2 * self.jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


_SHARED: tuple[Any, ...] = ()


def _shared_by(task: Opens | None) -> tuple[Any, ...]:
    return () if task is None else (task, task.open())


def _begin(task: Opens | None) -> None:
    """Start a worker."""
    global _SHARED
    _SHARED = _shared_by(task)


def _work(function: Callable[..., Any], item: Any) -> Any:
    with one_thread():
        return function(*_SHARED, item)

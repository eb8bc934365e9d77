"""Work on parts of arrays, several at a time: numpy and scipy let go of Python meanwhile."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

THREADS = min(len(os.sched_getaffinity(0)), 4)
"""Parts at a time; what comes out is the same with any number."""


def side_by_side(work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """Return what is made of each item, in their order.

    Signals stay with the thread that calls: in a server's process they are PostgreSQL's, whose
    functions know nothing of threads.

    Examples
    --------
    >>> side_by_side(lambda x: x * x, [1, 2, 3])
    [1, 4, 9]
    """
    if min(THREADS, len(items)) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(THREADS) as pool:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            made = [pool.submit(_some, work, items[k::THREADS]) for k in range(THREADS)]
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        parts = [part.result() for part in made]
    return [parts[k % THREADS][k // THREADS] for k in range(len(items))]


def _some(work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    return [work(item) for item in items]

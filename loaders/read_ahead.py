"""Work on one item while a thread gets the next ones."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class _Item(Generic[T]):
    """What the thread hands over: an item, or what ended it (None: there are no more)."""

    value: T | None
    end: bool = False
    error: BaseException | None = None


def read_ahead(
    items: Iterable[T], abandon: Callable[[], object] = lambda: None, depth: int = 2
) -> Generator[T]:
    """Yield items that a thread gets in advance.

    Parameters
    ----------
    items : iterable
        Is used in the thread alone; what it raises is raised here.
    abandon : callable
        Called when the items are no longer wanted before they came to an end: makes a thread that
        waits for the next one give up.
    depth : int
        Items got in advance at most.
    """
    queue: Queue[_Item[T]] = Queue(depth)
    unwanted = Event()
    thread = Thread(target=_get, args=(items, queue, unwanted), daemon=True)
    thread.start()
    item = None
    try:
        while not (item := queue.get()).end:
            yield item.value  # type: ignore[misc]
    finally:
        if item is None or not item.end:
            unwanted.set()
            abandon()
        _wait(thread, queue)
    if item.error is not None:
        raise item.error


def _get(items: Iterable[T], queue: Queue[_Item[T]], unwanted: Event) -> None:
    error = None
    try:
        for value in items:
            queue.put(_Item(value))
            if unwanted.is_set():
                break
    except BaseException as raised:
        error = raised
    queue.put(_Item(None, end=True, error=error))


def _wait(thread: Thread, queue: Queue[_Item[T]]) -> None:
    """Wait for the thread to end; what it still hands over is thrown away."""
    while thread.is_alive():
        try:
            queue.get(timeout=0.05)
        except Empty:
            continue

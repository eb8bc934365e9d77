"""Loads files by several processes at once, a loader in each; referenced tables first.

A loader of its own is about as fast as one backend of PostgreSQL enters rows: with more of them the
server works on as many processors. What each does is the same as if it were alone.
"""

import logging
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import groupby
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, Self

import psycopg

from skytract.loaders.connect import connect
from skytract.loaders.errors import SkytractError
from skytract.loaders.load import FileProgress, LoadResult, load_path
from skytract.loaders.load_files import find_files, rank
from skytract.loaders.load_refused import BusyError, RefusedError, UnknownVisitError
from skytract.loaders.load_rows import DEFAULT_MEMORY

Answer = int | str | tuple[LoadResult, bool]
"""Rows just copied, why it was cut off, or what became of a file and whether to try it again."""


def load_in_processes(
    paths: Iterable[Path | str],
    jobs: int,
    progress: FileProgress = lambda path, rows: None,
    memory: int = DEFAULT_MEMORY,
    dbname: str | None = None,
    **options: Any,
) -> Iterator[LoadResult]:
    """Load files, folders and load units by several loaders.

    Files of a table that others refer to are all loaded before those. A file that was refused
    because of what another loader had not yet brought, or was still bringing, is tried once more.
    The loaders are started by the call itself: start threads, as that of a bar, afterwards, for a
    process that is forked while a thread writes waits for that one for ever.

    Parameters
    ----------
    paths : iterable of Path or str
        As for `load_paths`.
    jobs : int
        Loaders, at most: there are never more than files.
    progress : callable, optional
        Called with a path and the number of its rows just copied.
    memory : int, optional
        Bytes that rows on their way may take, in all loaders together.
    dbname : str, optional
        As for `connect`.
    **options
        Those of `load_file`.

    Returns
    -------
    iterator of LoadResult
        One for every file or unit, as it is done. The loaders end with it.

    Raises
    ------
    SkytractError
        If a load was cut off; those beside it are broken off, and nothing half stays of any.
    """
    files = find_files(paths)
    jobs = min(jobs, len(files))
    loaders = _Loaders(jobs, dbname, {**options, "memory": memory // max(jobs, 1)})
    return _load_all(loaders, files, progress)


def _load_all(
    loaders: "_Loaders", files: Sequence[Path], progress: FileProgress
) -> Iterator[LoadResult]:
    with loaders:
        for _, group in groupby(files, key=rank):
            again = []
            for result, later in loaders.load(list(group), progress):
                if later:
                    again.append(result.path)
                else:
                    yield result
            for path in again:
                yield from (result for result, _ in loaders.load([path], progress))


class _Loaders:
    """Processes that wait for paths; they end with the block, whatever they are at."""

    def __init__(self, jobs: int, dbname: str | None, options: dict[str, Any]) -> None:
        # Forked, they have at once what this process took a second or two to import.
        context = get_context("fork")
        self.pipes: list[Any] = []
        self.processes: list[ForkProcess] = []
        with _deaf():
            for _ in range(jobs):
                ours, theirs = context.Pipe()
                self.pipes.append(ours)
                args = (theirs, tuple(self.pipes), dbname, options)
                process = context.Process(target=_serve, args=args, daemon=True)
                process.start()
                theirs.close()  # so that the end of the process is the end of the pipe
                self.processes.append(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.join()

    def load(
        self, paths: Sequence[Path], progress: FileProgress
    ) -> Iterator[tuple[LoadResult, bool]]:
        """Load paths; yield their results, and whether they may be otherwise later."""
        left, idle, busy = deque(paths), deque(self.pipes), dict[Any, Path]()
        while left or busy:
            while left and idle:
                pipe = idle.popleft()
                busy[pipe] = left.popleft()
                with suppress(BrokenPipeError):  # seen when it is read from
                    pipe.send(busy[pipe])
            for pipe in wait(list(busy)):
                answer = _receive(pipe, busy[pipe])
                if isinstance(answer, int):
                    progress(busy[pipe], answer)
                    continue
                del busy[pipe]
                idle.append(pipe)
                yield answer


@contextmanager
def _deaf() -> Iterator[None]:
    """Let processes that start here see neither SIGINT nor SIGTERM; this one does at the end.

    The first reaches all processes of a terminal, and one of them ends the others. The second one
    does that, and must not be lost before a process knows what it means.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _receive(pipe: Any, path: Path) -> int | tuple[LoadResult, bool]:
    try:
        answer: Answer = pipe.recv()
    except (EOFError, OSError) as error:  # the latter within an answer
        raise SkytractError(
            f"The load of {path} was cut off: its process was killed, perhaps for lack of memory. "
            "Nothing of it stays; run the same command again, with fewer --jobs or less --memory."
        ) from error
    if isinstance(answer, str):
        raise SkytractError(answer)
    return answer


def _serve(
    pipe: "Pipe[Answer, Path]", others: Iterable[Any], dbname: str | None, options: dict[str, Any]
) -> None:
    """Load what is sent, until the other end is closed.

    The first process's ends, `others`, are in this one too: only without them its end is seen.
    """
    for other in others:
        other.close()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever it means to the first process
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            with connect("loader", dbname=dbname) as connection:
                while True:
                    pipe.send(_load(connection, pipe.recv(), pipe, options))
        except (SkytractError, psycopg.OperationalError, psycopg.InterfaceError) as error:
            pipe.send(" ".join(str(error).split()))


def _load(
    connection: psycopg.Connection[Any], path: Path, pipe: Any, options: dict[str, Any]
) -> tuple[LoadResult, bool]:
    try:
        return load_path(connection, path, progress=pipe.send, **options), False
    except RefusedError as error:
        result = LoadResult(path, "refused", error.load_id, error.kind, error=str(error))
        return result, isinstance(error, BusyError | UnknownVisitError)

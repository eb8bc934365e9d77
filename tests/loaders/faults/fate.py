"""Work during which something happens at the n-th thing that is said to the server.

Every statement, piece of COPY and commit is two moments: before it is sent, and right after, when
the server may or may not have acted upon it. One may kill the loader at any of them, or the server,
or cut the connection.
"""

import os
import signal
import traceback
from collections.abc import Callable, Generator, Mapping
from itertools import count
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Work = Callable[[Connection], Any]
Deed = Callable[[], object]

COMMIT = "commit"
"""The end of a transaction, in what is said."""

NEVER = -1
"""No moment: the work itself does the deed."""

SECONDS = 60
"""After which a process that hangs ends by itself."""


class Fated(psycopg.Connection[Any]):
    """A connection that counts moments and does a deed at one of them.

    What is said is known by psycopg's name for it: _execute_gen, copy_to, _exit_gen ... But the end
    of a transaction is a COMMIT, for psycopg calls it by the same name as that of a savepoint.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.said: list[str] = []
        self.moments, self.fate = count(), NEVER
        self.deed: Deed = kill_this_process

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        self.said.append(COMMIT if self._ends_transaction(gen) else gen.__name__)
        if next(self.moments) == self.fate:
            self.deed()
        if next(self.moments) == self.fate:
            gen = _interrupted(gen, self.deed)
        return super().wait(gen, *args, **kwargs)

    def _ends_transaction(self, gen: Any) -> bool:
        return gen.__name__ == "_exit_gen" and self._num_transactions == 1

    def meet(self, moment: int, deed: Deed) -> None:
        """Do a deed at a moment from now on."""
        self.moments, self.fate, self.deed = count(), moment, deed


def _interrupted(gen: Generator[Any, Any, Any], deed: Deed) -> Generator[Any, Any, Any]:
    """Go on with an exchange after a deed that is done when the first part of it is sent."""
    try:
        state = next(gen)
    except StopIteration as end:
        deed()
        return end.value
    deed()
    while True:
        ready = yield state
        try:
            state = gen.send(ready)
        except StopIteration as end:
            return end.value


def kill_this_process() -> None:
    """Die at once: nothing is cleaned up, no goodbye is said to the server."""
    os.kill(os.getpid(), signal.SIGKILL)


def moments_of(options: Mapping[str, Any], work: Work) -> list[str]:
    """Do some work to its end; for each of its moments return psycopg's name of what is said."""
    with Fated.connect(**options) as connection:
        connection.said.clear()
        work(connection)
        return [name for name in connection.said for _ in range(2)]


def kill_at(moment: int, options: Mapping[str, Any], work: Work) -> None:
    """Do some work in another process that is killed at a moment, if it lives to see it.

    The process is a fork of this one, which has everything imported already.
    """
    child = os.fork()
    if child == 0:
        _work_and_die(moment, options, work)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL), f"the process ended with {code}"


def _work_and_die(moment: int, options: Mapping[str, Any], work: Work) -> None:
    """Never return: nothing of the test's own process may be cleaned up here."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        connection = Fated.connect(**options)
        connection.meet(moment, kill_this_process)
        work(connection)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)

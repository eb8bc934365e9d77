"""Several pieces of work at the same time, each in a process of its own."""

import os
import pickle
import signal
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from tests.loaders.faults.fate import SECONDS, Work


class Processes:
    """Forks of this process that do their work as soon as all of them are there."""

    def __init__(self, options: Mapping[str, Any], works: Sequence[Work]) -> None:
        gate, opened = os.pipe()
        self.children = [_Child(options, work, gate, opened) for work in works]
        os.close(gate)
        os.close(opened)

    def running(self) -> bool:
        """Whether some are at work."""
        return any(child.runs() for child in self.children)

    def results(self) -> list[Any]:
        """Wait for all; return what they return, or the exceptions that they raise."""
        return [child.result() for child in self.children]


class _Child:
    def __init__(self, options: Mapping[str, Any], work: Work, gate: int, opened: int) -> None:
        self.ended = False
        reader, writer = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(opened)
            _work(options, work, gate, writer)
        os.close(writer)
        self.answer = os.fdopen(reader, "rb")

    def runs(self) -> bool:
        if not self.ended:
            self.ended = os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return not self.ended

    def result(self) -> Any:
        with self.answer:
            said = self.answer.read()
        if not self.ended:
            os.waitpid(self.pid, 0)
        return pickle.loads(said)


def _work(options: Mapping[str, Any], work: Work, gate: int, writer: int) -> None:
    """Never return: nothing of the test's own process may be cleaned up here."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(SECONDS)
        try:
            connection = psycopg.connect(**options)
            os.read(gate, 1)
            result = work(connection)
        except Exception as error:
            result = RuntimeError(f"{type(error).__name__}: {error}")
        with os.fdopen(writer, "wb") as answer:
            pickle.dump(result, answer)
    finally:
        os._exit(0)

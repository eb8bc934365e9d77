"""What the server's process of a session uses: time and memory, read from /proc."""

import os
import threading
from pathlib import Path

from bench.load_data import Connection


def cpu_seconds(session: Connection) -> float:
    """Return the time that a session's process has computed."""
    status = Path(f"/proc/{session.info.backend_pid}/stat").read_text().rpartition(")")[2].split()
    return (int(status[11]) + int(status[12])) / os.sysconf("SC_CLK_TCK")


class PeakMemory:
    """Watches what a session's process has of its own, for as long as a block lasts.

    `bytes` is the greatest: of its own memory, Python's included, without shared buffers.
    """

    def __init__(self, session: Connection) -> None:
        self.status = Path(f"/proc/{session.info.backend_pid}/status")
        self.bytes, self._done = 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for line in self.status.read_text().splitlines():
                if line.startswith("RssAnon:"):
                    self.bytes = max(self.bytes, 1024 * int(line.split()[1]))

"""Lets a long-running command end cleanly when it is asked to by a signal."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event


@contextmanager
def stop_on_signals() -> Iterator[Event]:
    """Yield an event that SIGINT and SIGTERM set; the second of them breaks off what is running."""
    stop = Event()

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # Streams may be in use just now; this is not one.
        os.write(2, b"Stopping after the present file; once more breaks it off.\n")

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

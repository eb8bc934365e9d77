"""A connection for days: when the server goes away, it is waited for and connected to again."""

from collections.abc import Callable
from threading import Event
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError

Connection = psycopg.Connection[Any]

LONGEST_PAUSE = 30.0
"""Most that is waited between two attempts to reach the server [s]."""


class Session:
    """Keeps a connection.

    Parameters
    ----------
    connect : callable
        Opens a connection; a SkytractError if the server is not there.
    stop : Event
        Set to give up waiting.
    say : callable
        Told in a sentence that the server is not there, or is there again.
    """

    def __init__(
        self, connect: Callable[[], Connection], stop: Event, say: Callable[[str], None]
    ) -> None:
        self.connect = connect
        self.stop = stop
        self.say = say
        self.said = ""
        self.connection = connect()

    def say_once(self, sentence: str) -> None:
        """Say a sentence, unless it was the last that was said."""
        if sentence != self.said:
            self.say(sentence)
        self.said = sentence

    def is_connected(self) -> bool:
        """Whether the server answers; if not, wait until it does, False if told to stop."""
        try:
            with self.connection.transaction():
                self.connection.execute("SELECT 1")
            return True
        except psycopg.Error:
            self.connection.close()
        pause = 1.0
        while not self.stop.is_set():
            try:
                self.connection = self.connect()
            except SkytractError as error:
                self.say_once(f"{error} Waiting for it.")
                self.stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.say_once("Connected again.")
                return True
        return False

"""Watches a landing folder: loads what arrives whole, parents first, until told to stop."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.landing import Landing
from skytract.loaders.load import LoadResult, load_file
from skytract.loaders.load_refused import BusyError, RefusedError, UnknownVisitError
from skytract.loaders.load_unit import load_unit
from skytract.loaders.partition_schedule import note_oversized

Connection = psycopg.Connection[Any]

POLL = 1.0
"""How often the folder is looked at [s]."""

LONGEST_PAUSE = 30.0
"""Most that is waited between two attempts to reach the server [s]."""

CUT_OFF = "cut off"
"""State of a load that the server, or the connection, did not let end; it is tried again."""


class Watch:
    """Loads what arrives in a folder.

    Parameters
    ----------
    connect : callable
        Opens a connection of the role loader; a SkytractError if the server is not there.
    landing : Landing
        The folder.
    stop : Event
        Set to end after the file, or unit, that is being loaded.
    say : callable
        Told in a sentence what else happens: the server is not there, it is back.
    **options
        Those of `load_file`.
    """

    def __init__(
        self,
        connect: Callable[[], Connection],
        landing: Landing,
        stop: Event,
        say: Callable[[str], None],
        **options: Any,
    ) -> None:
        self.connect = connect
        self.landing = landing
        self.stop = stop
        self.say = say
        self.options = options
        self.connection = connect()
        self.unknown: dict[Path, tuple[int, ...]] = {}
        self.noted = ""

    def run(self, once: bool = False) -> Iterator[LoadResult]:
        """Load until told to stop.

        Parameters
        ----------
        once : bool
            End as well when all that lies there is loaded or refused, or the server is gone.

        Yields
        ------
        LoadResult
            One for every file or unit, as it is done; once more if it is tried again.
        """
        while not self.stop.is_set():
            last = None
            for path in self.landing.look(monotonic()):
                if self.stop.is_set() or not self._is_connected():
                    break
                result = self._load(path)
                yield result
                if once and result.state == CUT_OFF:
                    return
                last = result.load_id if result.state == "loaded" else last
            if last is not None:
                self._note_oversized(last)
            self._retry_known()
            if once and self.landing.is_quiet():
                return
            self.stop.wait(POLL)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def _load(self, path: Path) -> LoadResult:
        """Load one file or unit, and note when to look at it again."""
        self.unknown.pop(path, None)
        try:
            result = self._load_whole(path)
        except RefusedError as error:
            self._note_refusal(path, error)
            return LoadResult(path, "refused", error.load_id, error.kind, error=str(error))
        except (SkytractError, psycopg.Error) as error:
            self.landing.put_off(path, monotonic())
            return LoadResult(path, CUT_OFF, None, error=str(error))
        self.landing.settle_one(path)
        return result

    def _load_whole(self, path: Path) -> LoadResult:
        if path.is_dir():
            options = {name: value for name, value in self.options.items() if name != "kind"}
            return load_unit(self.connection, path, **options)
        return load_file(self.connection, path, **self.options)

    def _note_refusal(self, path: Path, error: RefusedError) -> None:
        if isinstance(error, BusyError):
            self.landing.put_off(path, monotonic())
            return
        self.landing.settle_one(path)
        if isinstance(error, UnknownVisitError) and error.unknown:
            self.unknown[path] = error.unknown

    def _retry_known(self) -> None:
        """Have files tried again whose visit or detector has come, by whomever it was loaded."""
        self.unknown = {p: key for p, key in self.unknown.items() if p in self.landing.arrivals}
        if self.unknown and self._is_connected():
            known = find_known(self.connection, self.unknown)
            self.landing.retry(known, monotonic())
            for path in known:
                del self.unknown[path]

    def _note_oversized(self, load_id: int) -> None:
        """Have partitions that are too large scheduled for a split; say so when that changes."""
        said = note_oversized(self.connection, load_id) if self._is_connected() else self.noted
        if said and said != self.noted:
            self.say(said)
        self.noted = said

    def _is_connected(self) -> bool:
        """Whether the server answers; if not, wait until it does or the watch is to stop."""
        try:
            with self.connection.transaction():
                self.connection.execute("SELECT 1")
            return True
        except psycopg.Error:
            self.connection.close()
        said, pause = "", 1.0
        while not self.stop.is_set():
            try:
                self.connection = self.connect()
            except SkytractError as error:
                if str(error) != said:
                    self.say(f"{error} Waiting for it.")
                said = str(error)
                self.stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self.say("The server is back.")
                return True
        return False


def find_known(connection: Connection, unknown: Mapping[Path, tuple[int, ...]]) -> list[Path]:
    """List the paths whose visit, or visit and detector, the database has by now."""
    visits = [key[0] for key in unknown.values() if len(key) == 1]
    pairs = [key for key in unknown.values() if len(key) == 2]
    with connection.transaction():
        left = set(connection.execute("SELECT raw.find_unknown_visits(%s::bigint[])", (visits,)))
        query = "SELECT * FROM raw.find_unknown_detectors(%s::bigint[], %s::integer[])"
        left |= set(connection.execute(query, ([v for v, _ in pairs], [d for _, d in pairs])))
    return [path for path, key in unknown.items() if key not in left]

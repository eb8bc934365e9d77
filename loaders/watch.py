"""Watches a landing folder: loads what arrives whole, parents first, until told to stop."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg

from skytract.loaders.errors import SkytractError
from skytract.loaders.landing import Landing
from skytract.loaders.load import LoadResult, load_path
from skytract.loaders.load_refused import BusyError, RefusedError, UnknownVisitError
from skytract.loaders.partition_schedule import note_oversized
from skytract.loaders.session import Session

Connection = psycopg.Connection[Any]

POLL = 1.0
"""How often the folder is looked at [s]."""

CUT_OFF = "cut off"
"""State of a load that the server, or the connection, did not let end; it is tried again."""


class Watch:
    """Loads what arrives in a folder.

    Parameters
    ----------
    session : Session
        A connection of the role loader; its stop ends the watch after the present file or unit.
    landing : Landing
        The folder.
    once : bool
        Whether to end as well when all that lies there is loaded or refused, or the server is gone.
    **options
        Those of `load_file`, but for `again`: older versions that lie in the folder stay replaced,
        or they and the newer ones would take each other's place whenever it is watched anew.
    """

    def __init__(
        self, session: Session, landing: Landing, once: bool = False, **options: Any
    ) -> None:
        self.session = session
        self.landing = landing
        self.once = once
        self.options = options
        self.unknown: dict[Path, tuple[int, ...]] = {}

    def run(self) -> Iterator[LoadResult]:
        """Load until told to stop.

        Yields
        ------
        LoadResult
            One for every file or unit, as it is done; once more if it is tried again.
        """
        while not self.session.stop.is_set():
            last = None
            for path in self._look():
                if self.session.stop.is_set() or not self._is_connected():
                    break
                result = self._load(path)
                yield result
                if self.once and result.state == CUT_OFF:
                    return
                last = result.load_id if result.state == "loaded" else last
            with suppress(psycopg.Error):  # the next load connects again
                if last is not None:
                    self._note_oversized(last)
                self._retry_known()
            if self.once and self.landing.is_quiet():
                return
            self.session.stop.wait(POLL)

    def _is_connected(self) -> bool:
        """Whether to go on. Once, a server that is gone cuts a load off; else it is waited for."""
        return self.once or self.session.is_connected()

    def _look(self) -> list[Path]:
        """Look at the folder; if it cannot be read for a while, as on a network, wait for it."""
        try:
            return self.landing.look(monotonic())
        except OSError as error:
            self.session.say_once(
                f"{self.landing.folder} cannot be read ({error.strerror}): waiting."
            )
            return []

    def _load(self, path: Path) -> LoadResult:
        """Load one file or unit, and note when to look at it again."""
        self.unknown.pop(path, None)
        try:
            result = load_path(self.session.connection, path, again=False, **self.options)
        except RefusedError as error:
            self._note_refusal(path, error)
            return LoadResult(path, "refused", error.load_id, error.kind, error=str(error))
        except SkytractError as error:
            self.landing.put_off(path, monotonic())
            return LoadResult(path, CUT_OFF, None, error=str(error))
        except Exception as error:
            # A fault of the program, met in one file, keeps no other file out.
            self.landing.put_off(path, monotonic())
            self.session.connection.close()
            return LoadResult(path, CUT_OFF, None, error=f"{type(error).__name__}: {error}")
        self.landing.settle_one(path)
        return result

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
            known = find_known(self.session.connection, self.unknown)
            self.landing.retry(known, monotonic())
            for path in known:
                del self.unknown[path]

    def _note_oversized(self, load_id: int) -> None:
        """Have partitions that are too large scheduled for a split; say so when that changes."""
        if self.session.is_connected() and (
            said := note_oversized(self.session.connection, load_id)
        ):
            self.session.say_once(said)


def find_known(connection: Connection, unknown: Mapping[Path, tuple[int, ...]]) -> list[Path]:
    """List the paths whose visit, or visit and detector, the database has by now."""
    visits = [key[0] for key in unknown.values() if len(key) == 1]
    pairs = [key for key in unknown.values() if len(key) == 2]
    with connection.transaction():
        left = set(connection.execute("SELECT raw.find_unknown_visits(%s::bigint[])", (visits,)))
        query = "SELECT * FROM raw.find_unknown_detectors(%s::bigint[], %s::integer[])"
        left |= set(connection.execute(query, ([v for v, _ in pairs], [d for _, d in pairs])))
    return [path for path, key in unknown.items() if key not in left]

"""Claims on places: of a kind, a place is held by one load.

A load claims the places of its rows before it copies them, in the transaction that brings the rows,
by a row in meta.LoadScope, which has a unique key. Of two loads that run and want the same place
the second one waits for the end of the first; then it is refused, or replaces it.
"""

from pathlib import Path
from typing import Any

import psycopg

from skytract.loaders.load_batch import Batch
from skytract.loaders.load_refused import BusyError, RefusedError
from skytract.loaders.load_scope import Place, find_places, place_columns
from skytract.loaders.load_target import Target, kinds
from skytract.loaders.replace_earlier import Earlier
from skytract.loaders.replace_rows import find_holders, find_lost, keep_ids

Connection = psycopg.Connection[Any]

SHARED = "ForcedSource"
"""The one kind of which several loads hold a place: with rows of different objects."""


class Claims:
    """The places that one transaction, with one file or a unit of files, has claimed.

    Parameters
    ----------
    connection : Connection
        In that transaction.
    successor : int
        What is entered as replacedBy for loads that are taken out: the load, or that of the unit.
    replace : bool or Earlier
        Whether loads that hold places of these files are taken out, instead of refusing the file;
        or which of them.

    Attributes
    ----------
    held : dict
        Places by load.
    replaced : dict
        Places of the loads that were taken out because they were in the way.
    taken_out : set of int
        These loads, and those that belong to the same units.
    """

    def __init__(self, connection: Connection, successor: int, replace: bool | Earlier) -> None:
        self.connection = connection
        self.successor = successor
        self.replace = replace
        self.held: dict[int, set[Place]] = {}
        self.replaced: dict[int, set[Place]] = {}
        self.taken_out: set[int] = set()
        self._last: tuple[Any, ...] = ()

    def claim(self, load_id: int, batch: Batch) -> None:
        """Claim the places of the rows of a batch, which is about to be copied.

        Raises
        ------
        RefusedError
            If another load holds one of them, unless it is to be replaced; a BusyError if one that
            runs does, and waiting for it might be waiting in a circle.
        """
        held = self.held.setdefault(load_id, set())
        new = sorted(find_places(batch) - held)
        if self.replace and is_known_by_id(batch.plan.target):
            for rival in _holders(self.connection, load_id, batch):
                if rival not in self.held:
                    self.take_out(rival, batch.path)
        if not place_columns(batch.plan.target):
            held.update(new)
            return
        while new:
            # If not all, another load brought one just now: it is refused, or replaced.
            noted = self._note(load_id, batch, new)
            held.update(new[:noted])
            new = new[noted:]

    def identity(self, load_id: int) -> str | None:
        """Name the one place that a load holds; None if it holds several, or rows without one."""
        held = self.held.get(load_id, set())
        place = next(iter(held)) if len(held) == 1 else None
        return str(place) if place and not place.is_none else None

    def take_out(self, rival: int, path: Path) -> None:
        """Take out a load, with its unit, to put the file at `path` in its place.

        Raises
        ------
        RefusedError
            If it is none of those that may be replaced; a BusyError if another session is
            taking it out.
        """
        if isinstance(self.replace, Earlier):
            self.replace.refuse_other(self.connection, rival, path)
        query = "SELECT kind, major, minor, band FROM meta.find_scope(%s)"
        places = {Place(*row) for row in self.connection.execute(query, (rival,))}
        for place in places:
            if place.is_none:
                keep_ids(self.connection, place.kind, rival)
        query = "SELECT removed_id FROM meta.remove_load(%s, %s)"
        try:
            removed = self.connection.execute(query, (rival, self.successor)).fetchall()
        except psycopg.errors.LockNotAvailable as error:
            raise BusyError(
                path,
                f"Load {rival}, whose place it is to take, is being taken out by another session",
                "load it again when that has ended",
            ) from error
        if removed:
            self.replaced[rival] = places
            self.taken_out.update(load_id for (load_id,) in removed)

    def refuse_loss(self, path: Path) -> None:
        """Refuse to replace loads that hold more than the file, or unit, at `path` brings.

        What they hold are places, and ids of rows that have none.
        """
        brought = set().union(*self.held.values())
        for rival, places in self.replaced.items():
            lost = sorted(places - brought)
            if lost:
                more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
                raise RefusedError(
                    path,
                    f"Load {rival}, whose place it would take, holds {lost[0]}{more} as well",
                    f"give a file or unit with all of it, or undo load {rival} first",
                )
        replaced = set().union(*self.replaced.values())
        row = find_lost(self.connection, sorted(place.kind for place in replaced if place.is_none))
        if row is not None:
            more = f" and {row.rows - 1:,} more" if row.rows > 1 else ""
            name = ", ".join(map(str, row.values))
            raise RefusedError(
                path,
                f"Load {row.load_id}, whose place it would take, has {name}{more} as well",
                f"give a file or unit with all of it, or undo load {row.load_id} first",
            )

    def _note(self, load_id: int, batch: Batch, places: list[Place]) -> int:
        """Enter places in meta.LoadScope, after making room; return how many of them, in order."""
        arrays = [list(values) for values in zip(*(place[1:] for place in places), strict=True)]
        kind = batch.plan.target.kind
        if kind != SHARED:
            self._make_room(batch, arrays)
        # Only what lies beyond all it has is waited for: loads never wait in a circle.
        may_wait = not self.replaced and self._last < (kinds().index(kind), *places[0][1:])
        query = "SELECT meta.claim_places(%s, %s, %s::bigint[], %s::integer[], %s::text[], %s)"
        try:
            row = self.connection.execute(query, (load_id, kind, *arrays, may_wait)).fetchone()
        except psycopg.errors.LockNotAvailable as error:
            raise BusyError(
                batch.path,
                f"Another load that is running holds {_range(places)}, or a part of it",
                "load it again when that one has ended",
            ) from error
        assert row is not None
        for place in places[: row[0]][-1:]:
            self._last = max(self._last, (kinds().index(kind), *place[1:]))
        return int(row[0])

    def _make_room(self, batch: Batch, arrays: list[list[Any]]) -> None:
        """Take out the loads that hold some of the places, or refuse the file."""
        kind = batch.plan.target.kind
        query = "SELECT * FROM meta.find_rivals(%s, %s::bigint[], %s::integer[], %s::text[])"
        for rival, path, *place in self.connection.execute(query, (kind, *arrays)).fetchall():
            if rival in self.held:
                raise RefusedError(
                    batch.path,
                    f"{Place(kind, *place)} is in {path} of the same unit",
                    "write one file of it",
                )
            if not self.replace:
                raise RefusedError(
                    batch.path,
                    f"{Place(kind, *place)} is loaded already as load {rival} from {path}",
                    "give --replace to put this one in its place",
                )
            self.take_out(rival, batch.path)


def _range(places: list[Place]) -> str:
    return str(places[0]) if len(places) == 1 else f"{places[0]} to {places[-1]}"


def is_known_by_id(target: Target) -> bool:
    """Whether loads of a kind are in each other's way by the ids of their rows, not by places."""
    return target.kind == SHARED or not place_columns(target)


def _holders(connection: Connection, load_id: int, batch: Batch) -> list[int]:
    """List the other loads that brought rows with the ids of a batch."""
    if batch.plan.target.kind != SHARED:
        return find_holders(connection, load_id, batch)
    keys = [batch.columns[name].values.tolist() for name in ("objectId", "visit", "detector")]
    query = "SELECT raw.find_forced_rivals(%s, %s::bigint[], %s::bigint[], %s::integer[])"
    return [row[0] for row in connection.execute(query, (load_id, *keys))]

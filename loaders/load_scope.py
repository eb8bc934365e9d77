"""What loads hold: places, which are visit and detector, or tract, patch and band."""

from typing import NamedTuple

from skytract.loaders.load_batch import Batch
from skytract.loaders.load_target import Target, find_target


class Place(NamedTuple):
    """What a load holds.

    Parameters
    ----------
    kind : str
        Table of its rows.
    major, minor : int
        Visit and detector (-1 for a visit as a whole), or tract and patch. For tables whose rows
        have no place, 0 and 0: then the kind is all that can be said.
    band : str
        Band, for tract and patch; else empty.
    """

    kind: str
    major: int = 0
    minor: int = 0
    band: str = ""

    @property
    def is_patch(self) -> bool:
        """Whether it is a patch of a tract, in one band."""
        return place_columns(find_target(self.kind))[:1] == ("tract",)

    @property
    def is_none(self) -> bool:
        """Whether rows of its table have no place, so that it says no more than the kind."""
        return not place_columns(find_target(self.kind))

    def __str__(self) -> str:
        """Return a name for people: Source 903986/31, CoaddSource 9813/40 r, Visit 903986."""
        if self.is_none:
            return self.kind
        detector = "" if self.minor < 0 else f"/{self.minor}"
        return f"{self.kind} {self.major}{detector} {self.band}".rstrip()


def place_columns(target: Target) -> tuple[str, ...]:
    """Return the columns of a table that make the place of a row; none if it has none."""
    for columns in (("tract", "patch", "band"), ("visit", "detector"), ("visit",)):
        if all(column in target.columns for column in columns):
            return columns
    return ()


def find_places(batch: Batch) -> set[Place]:
    """Return the places of the rows of a batch."""
    kind, names = batch.plan.target.kind, place_columns(batch.plan.target)
    if not names:
        return {Place(kind)}
    places = zip(*(values.tolist() for values in batch.distinct(names)), strict=True)
    return {_place(kind, *place) for place in places}


def _place(kind: str, major: int, minor: int = -1, band: bytes = b"") -> Place:
    return Place(kind, major, minor, band.decode())

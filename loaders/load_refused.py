"""The refusal of a file: which file, which row and column, what was found, what to do."""

from pathlib import Path
from typing import Any

from skytract.loaders.errors import SkytractError


def printable(text: str) -> str:
    r"""Return a text in one line that any terminal shows and PostgreSQL stores.

    Names of files, and values in them, may hold anything: NUL, line breaks, bytes that are no text.

    Examples
    --------
    >>> print(printable("a b" + chr(0) + "c" + chr(10)))
    a b\x00c\n
    """
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


class RefusedError(SkytractError):
    """A catalog that is not loaded, as a whole, with the reason and the remedy.

    Parameters
    ----------
    path : Path
        The file.
    reason : str
        What is wrong, as the beginning of a sentence.
    remedy : str
        What to do, as an instruction.
    column : str, optional
        Column as the file spells it.
    row : int, optional
        Number of the row in the file, from 0.
    value : optional
        What was found there.

    Examples
    --------
    >>> print(RefusedError(Path("a.parquet"), "It is NaN", "drop the row", "ra", 3, float("nan")))
    a.parquet, column ra, row 3 (from 0), value nan: It is NaN; drop the row.
    """

    load_id: int | None = None
    """Entry of the refusal in the ledger, once it is made."""

    kind: str | None = None
    """Raw table the file is for, as far as that is known."""

    def __init__(
        self,
        path: Path,
        reason: str,
        remedy: str,
        column: str | None = None,
        row: int | None = None,
        value: Any = None,
    ) -> None:
        where = [str(path)]
        if column is not None:
            where.append(f"column {column}")
        if row is not None:
            where.append(f"row {row} (from 0)")
        if value is not None:
            where.append(f"value {value}")
        super().__init__(printable(f"{', '.join(where)}: {reason}; {remedy}."))


class UnknownVisitError(RefusedError):
    """A catalog whose visit or detector is not in the database yet: it may be so later."""

    unknown: tuple[int, ...] = ()
    """The visit, or the visit and detector, that is not there."""


class BusyError(RefusedError):
    """A catalog that another session is in the way of: it can be loaded when that has ended."""

"""What a file was found to be, and the way from there to the plan of its load."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skytract.loaders.catalog_views import Curve, Joined, WithValues
from skytract.loaders.dialect import HEADER, SET, Dialect
from skytract.loaders.dialect_match import make_plan
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_constants import parse_constants
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target
from skytract.loaders.read_catalog import Catalog


@dataclass(frozen=True)
class Match:
    """What a file is.

    Parameters
    ----------
    path : Path
        The file.
    tables : tuple of Catalog
        Those of its tables that are loaded.
    dialect : Dialect
        How their columns are named.
    target : Target
        The table of the database they are for.
    """

    path: Path
    tables: tuple[Catalog, ...]
    dialect: Dialect
    target: Target

    @property
    def rows(self) -> int:
        """Number of rows that the file brings."""
        return sum(Curve(t).rows if self.dialect.curve else t.rows for t in self.tables)

    def plan(self, constants: Mapping[str, Any]) -> tuple[Catalog, Plan]:
        """Return all rows of the file as one catalog, and what becomes of its columns.

        Parameters
        ----------
        constants : mapping
            Columns that the file lacks, one value for all its rows.

        Raises
        ------
        RefusedError
            If a column is missing, unknown, or of a wrong type or unit.
        """
        given = parse_constants(self.path, self.target, constants)
        views = tuple(_view(table, self.dialect, given) for table in self.tables)
        plan = make_plan(views[0], self.dialect, self.target, given)
        for view in views[1:]:
            _refuse_other_columns(views[0], view, plan.reads)
        return views[0] if len(views) == 1 else Joined(self.path, views), plan


def _view(table: Catalog, dialect: Dialect, constants: Mapping[str, Any]) -> Catalog:
    """Add what the dialect takes from the header and from the caller to a table's columns."""
    view: Catalog = Curve(table) if dialect.curve else table
    values: dict[str, Any] = {}
    for prefix, known in ((HEADER, table.header), (SET, constants)):
        words = {name.removeprefix(prefix) for name in dialect.reads if name.startswith(prefix)}
        values |= {prefix + word: known[word] for word in words & known.keys()}
    return WithValues(view, values) if values else view


def _refuse_other_columns(first: Catalog, other: Catalog, names: Iterable[str]) -> None:
    for name in names:
        if first.columns[name] != other.columns.get(name):
            raise RefusedError(
                other.path,
                f"It differs in type or unit from that of {first.path}, or is missing",
                "write tables of the same columns, or one file for each",
                name,
            )

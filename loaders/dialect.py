"""Dialects: how the columns of a kind of input file become the columns of a raw table, as data.

`dialects/<name>.yaml` has the keys

- `kind`: the raw table;
- `origin`: who writes such files, and what is known of them;
- `found_by`: `has` and `lacks`, column names that tell the dialect from all others;
- `ignore`: columns of the file that are not loaded, `["*"]` for all that are not named;
- `columns`: target column -> `from` (a column or a list of them) and, where needed, `unit` (of the
  column in the file), `stated` (use the column only where the file itself states this unit),
  `missing_where` (column -> value that marks a missing value), `optional` (true if files may lack
  it), `by` (a function of `dialect_functions.py`) with its parameters.

The dialect `skytract` has no `kind` and no `columns`: its files have the names, units and types of
the raw table they name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from skytract.loaders.errors import SkytractError
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.read_catalog import Catalog

FOLDER = Path(__file__).resolve().parent / "dialects"
OWN = "skytract"
"""The dialect of our own pixel stages."""


@dataclass(frozen=True)
class ColumnRule:
    """How one target column is made; see the module for the fields."""

    sources: tuple[str, ...]
    unit: str | None = None
    stated: str | None = None
    missing_where: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False
    by: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns of the file that the rule looks at."""
        return (*self.sources, *(name for name in self.missing_where if name not in self.sources))


@dataclass(frozen=True)
class Dialect:
    """A dialect as its file declares it; see the module for the fields."""

    name: str
    origin: str
    kind: str | None = None
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)

    def fits(self, catalog: Catalog) -> bool:
        """Whether a file's columns are those this dialect is found by."""
        names = catalog.columns.keys()
        return names >= set(self.has) and not names & set(self.lacks)


@cache
def dialect_names() -> tuple[str, ...]:
    """Names of all dialects."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def read_dialect(name: str) -> Dialect:
    """Read `dialects/<name>.yaml`.

    Raises
    ------
    SkytractError
        If there is no such dialect.
    """
    if name not in dialect_names():
        raise SkytractError(
            f"There is no dialect {name!r}: choose one of {', '.join(dialect_names())}, or add "
            f"{FOLDER / name}.yaml."
        )
    declared = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    found_by = declared.pop("found_by", {})
    rules = {target: _rule(**rule) for target, rule in declared.pop("columns", {}).items()}
    return Dialect(
        name=name,
        origin=declared.pop("origin"),
        kind=declared.pop("kind", None),
        has=tuple(found_by.get("has", ())),
        lacks=tuple(found_by.get("lacks", ())),
        ignore=tuple(declared.pop("ignore", ())),
        columns=rules,
        **declared,
    )


def _rule(**declared: Any) -> ColumnRule:
    source = declared.pop("from")
    sources = (source,) if isinstance(source, str) else tuple(source)
    known = {"unit", "stated", "missing_where", "optional", "by"}
    parameters = {key: declared.pop(key) for key in declared.keys() - known}
    return ColumnRule(sources, parameters=parameters, **declared)


def find_dialect(catalog: Catalog, kind: str | None = None) -> Dialect:
    """Tell the dialect of a file from the kind it names, from its columns, or from a given kind.

    Raises
    ------
    RefusedError
        If no dialect fits, or more than one.
    """
    if catalog.kind is not None:
        return read_dialect(OWN)
    others = [read_dialect(name) for name in dialect_names() if name != OWN]
    fitting = [dialect for dialect in others if dialect.fits(catalog)]
    if len(fitting) == 1:
        return fitting[0]
    if kind is not None and not fitting:
        return read_dialect(OWN)
    names = ", ".join(dialect.name for dialect in fitting or others)
    raise RefusedError(
        catalog.path,
        "Its columns fit no dialect" if not fitting else "Its columns fit several dialects",
        f"say --dialect {OWN} and --kind if its columns are those of a raw table, or --dialect "
        f"with one of {names}",
    )

"""Dialects: how the columns of a kind of input file become the columns of a table, as data.

`dialects/<name>.yaml`, or a file of one's own, has the keys

- `kind`: the table;
- `origin`: who writes such files, and what is known of them;
- `found_by`: `has` and `lacks`, column names that tell the dialect from all others; `header`, words
  that its header has; `table`, the table's name (EXTNAME) in the file;
- `curve`: true if the rows of such a file are the nodes of one curve: they become one row of
  the table, with arrays;
- `ignore`: columns of the file that are not loaded, `["*"]` for all that are not named;
- `columns`: target column -> a rule, or a list of them of which the first is taken whose columns
  the file has: where it comes from and, as far as needed, what is done with it, in this order:

  - `from`: a column or a list of them; `header.WORD` is what the header says under that word,
    `set.NAME` what the caller gave by `--set NAME=...`. Or instead `constant`: one value for all
    rows; or `unit_of`: the unit the file states for a column;
  - `missing_where`: column -> value that marks a missing value;
  - `offset`: number added to the values;
  - `codes`: value in the file -> value in the table; any other value is missing;
  - `by`: a function of `dialect_functions.py`, with its parameters;
  - `unit`: of the column in the file (a list, if there are several); without it, the file has to
    state one, and a unit that the file states must agree with it. Values are converted from it;
  - `stated`: use the column only where the file states this unit, which is then taken for `unit`;
  - `spectral`: target column that holds the wavelengths at which flux densities are converted;
  - `unless`: a column that the file must not have for the rule to be taken;
  - `optional`: true if files may lack the columns; then `--set` may give the value.

The dialect `skytract` has no `kind` and no `columns`: its files have the names, units and types of
the table they are for.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from skytract.loaders.errors import SkytractError
from skytract.loaders.read_catalog import Catalog

FOLDER = Path(__file__).resolve().parent / "dialects"
OWN = "skytract"
"""The dialect of our own pixel stages."""

HEADER, SET = "header.", "set."
"""What names of values begin with that are in the header, or given by the caller."""


@dataclass(frozen=True)
class ColumnRule:
    """How one target column is made; see the module for the fields."""

    sources: tuple[str, ...] = ()
    constant: Any = None
    unit_of: str | None = None
    missing_where: Mapping[str, Any] = field(default_factory=dict)
    offset: float = 0.0
    codes: Mapping[Any, Any] = field(default_factory=dict)
    by: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    units: tuple[str | None, ...] = ()
    stated: str | None = None
    spectral: str | None = None
    unless: str | None = None
    optional: bool = False

    @property
    def unit(self) -> str | None:
        """Unit of the first column in the file, as the dialect declares it."""
        return self.units[0] if self.units else None

    @property
    def reads(self) -> tuple[str, ...]:
        """All columns of the file that the rule looks at."""
        return tuple(dict.fromkeys((*self.sources, *self.missing_where)))

    def applies(self, names: Collection[str]) -> bool:
        """Whether the rule can be taken for a file with columns of these names."""
        needed = (*self.sources, *(() if self.unit_of is None else (self.unit_of,)))
        return all(name in names for name in needed) and self.unless not in names


@dataclass(frozen=True)
class Dialect:
    """A dialect as its file declares it; see the module for the fields."""

    name: str
    origin: str
    kind: str | None = None
    curve: bool = False
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    table: str | None = None
    ignore: tuple[str, ...] = ()
    columns: Mapping[str, tuple[ColumnRule, ...]] = field(default_factory=dict)

    @property
    def reads(self) -> set[str]:
        """All columns of files that some rule looks at."""
        return {name for rules in self.columns.values() for rule in rules for name in rule.reads}

    def fits(self, catalog: Catalog) -> bool:
        """Whether a table's columns and header are those this dialect is found by."""
        names = catalog.columns.keys()
        if not names >= set(self.has) or names & set(self.lacks):
            return False
        if self.table is not None and catalog.header.get("EXTNAME") != self.table:
            return False
        # Nodes of curves are numbers: a table whose rows are curves is no such file.
        is_scalar = not any(catalog.columns[name].type.endswith("[]") for name in self.has)
        return catalog.header.keys() >= set(self.header) and (is_scalar or not self.curve)


@cache
def dialect_names() -> tuple[str, ...]:
    """Names of all dialects."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def read_dialect(name: str) -> Dialect:
    """Read `dialects/<name>.yaml`, or the file itself if the name is that of a .yaml file.

    Raises
    ------
    SkytractError
        If there is no such dialect, or the file does not declare one.
    """
    path = FOLDER / f"{name}.yaml"
    if name.endswith(".yaml"):
        path = Path(name)
    if name not in dialect_names() and not (path.suffix == ".yaml" and path.is_file()):
        raise SkytractError(
            f"There is no dialect {name!r}: choose one of {', '.join(dialect_names())}, or write "
            f"one like {FOLDER / 'hsc_src.yaml'} and give its path."
        )
    try:
        return _parse(path.stem, yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise SkytractError(
            f"{path} does not declare a dialect ({' '.join(str(error).split())}): write it like "
            f"{FOLDER / 'hsc_src.yaml'}."
        ) from error


def _parse(name: str, declared: dict[str, Any]) -> Dialect:
    found_by = dict(declared.pop("found_by", {}))
    columns = {
        target: tuple(_rule(**rule) for rule in _tuple(rules))
        for target, rules in declared.pop("columns", {}).items()
    }
    for key in ("has", "lacks", "header"):
        found_by[key] = tuple(found_by.get(key, ()))
    declared["ignore"] = tuple(declared.pop("ignore", ()))
    return Dialect(name=name, columns=columns, **found_by, **declared)


def _rule(**declared: Any) -> ColumnRule:
    sources, units = _tuple(declared.pop("from", None)), _tuple(declared.pop("unit", None))
    known = ColumnRule.__dataclass_fields__.keys() - {"sources", "units", "parameters"}
    parameters = {key: declared.pop(key) for key in declared.keys() - known}
    if parameters and "by" not in declared:
        raise TypeError(f"a column rule has no key {next(iter(parameters))!r}")
    return ColumnRule(sources, units=units, parameters=parameters, **declared)


def _tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else () if value is None else (value,)

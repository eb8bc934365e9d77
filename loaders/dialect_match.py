"""Matches the columns of a file with those of a table: names, types and units are checked.

All is told by what the file says of itself, before a row is read.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skytract.loaders.dialect import OWN, SET, ColumnRule, Dialect
from skytract.loaders.dialect_plan import Plan, Step
from skytract.loaders.dialect_refuse import (
    refuse_constants,
    refuse_incomplete,
    refuse_type,
    refuse_unknown,
)
from skytract.loaders.dialect_units import (
    density_converter,
    find_unit,
    refuse_other_unit,
    unit_factor,
)
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target, TargetColumn
from skytract.loaders.read_catalog import NULL, Catalog


def make_plan(
    catalog: Catalog, dialect: Dialect, target: Target, constants: Mapping[str, Any]
) -> Plan:
    """Match a file's columns with a table's.

    Parameters
    ----------
    catalog : Catalog
        The opened file.
    dialect : Dialect
        How its columns are named.
    target : Target
        The table.
    constants : mapping
        Values, for all rows, of columns of the table that the file does not have.

    Raises
    ------
    RefusedError
        If a column is missing, unknown, or of a wrong type or unit.
    """
    rules = _own_rules(catalog, target) if dialect.name == OWN else _rules(catalog, dialect)
    refuse_unknown(catalog, dialect, target, rules)
    make = _Matcher(catalog, dialect, target, rules)
    steps = tuple(step for step in map(make.step, rules) if step is not None)
    kept = {key: value for key, value in constants.items() if key in target.columns}
    plan = Plan(target, dialect, steps, kept)
    refuse_constants(catalog, plan, constants)
    refuse_incomplete(catalog, plan)
    return plan


def _own_rules(catalog: Catalog, target: Target) -> dict[str, ColumnRule]:
    """Take every column that the table has as it is; a unit that is not stated is the table's."""
    return {
        name: ColumnRule((name,), units=() if head.unit else (target.columns[name].unit,))
        for name, head in catalog.columns.items()
        if name in target.columns
    }


def _rules(catalog: Catalog, dialect: Dialect) -> dict[str, ColumnRule]:
    """Choose the first rule of each target column that applies to the file; else the first."""
    names = catalog.columns.keys()
    return {
        key: next((rule for rule in rules if rule.applies(names)), rules[0])
        for key, rules in dialect.columns.items()
    }


@dataclass(frozen=True)
class _Matcher:
    """Makes the steps of one table of a file, which may build on each other."""

    catalog: Catalog
    dialect: Dialect
    target: Target
    rules: Mapping[str, ColumnRule]

    def step(self, key: str) -> Step | None:
        """Make one step; None if the rule does not apply to this file."""
        rule, column, heads = self.rules[key], self.target.columns[key], self.catalog.columns
        if rule.optional and not rule.applies(heads):
            return None
        if rule.unit_of is not None:
            return self._unit_step(column, rule)
        for name in rule.sources:
            self._refuse_absent(column, name)
        if rule.stated is not None and heads[rule.sources[0]].unit is None:
            return None
        for name in rule.reads:
            self._refuse_absent(column, name)
        if column.nullable and any(heads[name].type == NULL for name in rule.sources):
            return None
        if rule.by is not None or rule.codes or not rule.sources:
            for name, unit in zip(rule.sources, rule.units, strict=False):
                refuse_other_unit(self.catalog.path, name, heads[name].unit, unit)
            return Step(column, rule)
        return self._converted_step(column, rule)

    def _converted_step(self, column: TargetColumn, rule: ColumnRule) -> Step:
        path, name = self.catalog.path, rule.sources[0]
        head = self.catalog.columns[name]
        refuse_type(self.catalog, column, name, head)
        unit = find_unit(path, name, head.unit, rule, column)
        at = self.step(rule.spectral) if rule.spectral else None
        if at is None:
            return Step(column, rule, unit_factor(path, name, unit, column))
        return Step(column, rule, at=at, to_density=density_converter(path, name, unit, column))

    def _unit_step(self, column: TargetColumn, rule: ColumnRule) -> Step:
        """Make a step that says what unit a column has in the file."""
        assert rule.unit_of is not None
        self._refuse_absent(column, rule.unit_of)
        unit = self.catalog.columns[rule.unit_of].unit
        return Step(column, ColumnRule(constant=unit or rule.unit))

    def _refuse_absent(self, column: TargetColumn, name: str) -> None:
        if name in self.catalog.columns:
            return
        if name.startswith(SET):
            given = name.removeprefix(SET)
            raise RefusedError(
                self.catalog.path,
                f"{column.key} is made from {given}, and the file does not have it",
                f"give it with --set {given}=VALUE",
            )
        near = difflib.get_close_matches(name, list(self.catalog.columns), 1)
        raise RefusedError(
            self.catalog.path,
            f"The file has no such column, and {column.key} is made from it",
            f"rename the column {near[0]}" if near else "add it, or name another dialect",
            name,
        )

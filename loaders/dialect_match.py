"""Matches the columns of a file with those of a table: names, types and units are checked.

All is told by what the file says of itself, before a row is read.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skytract.loaders.dialect import OWN, SET, ColumnRule, Dialect
from skytract.loaders.dialect_plan import Plan, Step
from skytract.loaders.dialect_units import (
    density_converter,
    find_unit,
    refuse_other_unit,
    unit_factor,
)
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target, TargetColumn
from skytract.loaders.read_catalog import NULL, Catalog, ColumnHead


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
    _refuse_unknown(catalog, dialect, target, rules)
    make = _Matcher(catalog, dialect, target, rules)
    steps = tuple(step for step in map(make.step, rules) if step is not None)
    kept = {key: value for key, value in constants.items() if key in target.columns}
    plan = Plan(target, dialect, steps, kept)
    _refuse_constants(catalog, plan, constants)
    _refuse_incomplete(catalog, plan)
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


def _refuse_unknown(
    catalog: Catalog, dialect: Dialect, target: Target, rules: Mapping[str, ColumnRule]
) -> None:
    if "*" in dialect.ignore:
        return
    known = {name for rule in rules.values() for name in rule.reads} | set(dialect.ignore)
    known |= dialect.reads
    unknown = [name for name in catalog.columns if name not in known]
    if unknown:
        free = sorted(target.columns.keys() - rules.keys())
        near = difflib.get_close_matches(unknown[0], free, 1, cutoff=0.8)
        raise RefusedError(
            catalog.path,
            f"{target.kind} has no such column",
            f"rename it to {near[0]}" if near else "leave it out",
            unknown[0],
        )


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
        _refuse_type(self.catalog, column, name, head)
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
                f"give it with --set {given}=...",
            )
        near = difflib.get_close_matches(name, list(self.catalog.columns), 1)
        raise RefusedError(
            self.catalog.path,
            f"The file has no such column, and {column.key} is made from it",
            f"rename the column {near[0]}" if near else "add it, or name another dialect",
            name,
        )


_FITTING = {
    "bigint": "iu",
    "integer": "iu",
    "smallint": "iu",
    "real": "fiu",
    "double precision": "fiu",
}
"""Kinds of numpy types that may become a number of the table; integers are checked for range."""

_OTHERS = {"boolean": "bool", "text": "text", "timestamptz": "timestamp"}
_NEEDS = {"bigint": "int64", "integer": "int32", "smallint": "int16", "real": "float32"} | {
    "double precision": "float64",
    **_OTHERS,
}


def _refuse_type(catalog: Catalog, target: TargetColumn, name: str, head: ColumnHead) -> None:
    base, array = target.type.removesuffix("[]"), "[]" if target.type.endswith("[]") else ""
    if head.type.endswith("[]") == bool(array):
        given = head.type.removesuffix("[]")
        numeric = given.startswith(("int", "uint", "float")) and base in _FITTING
        if numeric and given[0] in _FITTING[base]:
            return
        if given == _OTHERS.get(base):
            return
    raise RefusedError(
        catalog.path,
        f"It has the type {head.type}, and {target.key} is {target.type}",
        f"write it as {_NEEDS[base]}{array}",
        name,
    )


def _refuse_constants(catalog: Catalog, plan: Plan, constants: Mapping[str, Any]) -> None:
    filled = {step.target.key for step in plan.steps}
    for key in constants:
        if key not in plan.target.columns and SET + key not in plan.reads:
            near = difflib.get_close_matches(key, list(plan.target.columns), 1)
            remedy = f"say {near[0]}" if near else "leave it out"
            raise RefusedError(
                catalog.path, f"{plan.target.kind} has no column {key} to set", remedy
            )
        if key in filled:
            raise RefusedError(
                catalog.path,
                f"{key} is set to {constants[key]}, but the file has it",
                "leave the setting out",
                plan.source(key),
            )


def _refuse_incomplete(catalog: Catalog, plan: Plan) -> None:
    filled = {step.target.key for step in plan.steps} | plan.constants.keys()
    for key, column in plan.target.columns.items():
        if column.required and key not in filled:
            own = plan.dialect.name == OWN
            near = difflib.get_close_matches(key, list(catalog.columns), 1) if own else []
            hint = f" (it has {near[0]})" if near else ""
            raise RefusedError(
                catalog.path,
                f"{plan.target.kind} needs this column, and the file does not have it{hint}",
                f"add it, or give one value for all rows with --set {key}=...",
                key,
            )

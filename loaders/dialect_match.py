"""Matches the columns of a file with those of a table: names, types and units are checked.

All is told by what the file says of itself, before a row is read.
"""

import difflib
from collections.abc import Mapping
from typing import Any

from skytract.loaders.dialect import OWN, ColumnRule, Dialect
from skytract.loaders.dialect_plan import Plan, Step
from skytract.loaders.dialect_units import unit_factor
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target, TargetColumn
from skytract.loaders.read_catalog import Catalog, ColumnHead


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
    rules = _own_rules(catalog, target) if dialect.name == OWN else dialect.columns
    _refuse_unknown(catalog, dialect, target, rules)
    steps = [_step(catalog, target.columns[key], rule) for key, rule in rules.items()]
    plan = Plan(target, dialect, tuple(step for step in steps if step is not None), constants)
    _refuse_constants(catalog, plan)
    _refuse_incomplete(catalog, plan)
    return plan


def _own_rules(catalog: Catalog, target: Target) -> dict[str, ColumnRule]:
    return {name: ColumnRule((name,)) for name in catalog.columns if name in target.columns}


def _refuse_unknown(
    catalog: Catalog, dialect: Dialect, target: Target, rules: Mapping[str, ColumnRule]
) -> None:
    if "*" in dialect.ignore:
        return
    known = {name for rule in rules.values() for name in rule.reads} | set(dialect.ignore)
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


def _step(catalog: Catalog, target: TargetColumn, rule: ColumnRule) -> Step | None:
    """Make one step; None if the rule does not apply to this file."""
    absent = [name for name in rule.sources if name not in catalog.columns]
    if absent and rule.optional:
        return None
    if absent:
        _refuse_absent(catalog, target, absent[0])
    stated = catalog.columns[rule.sources[0]].unit
    if rule.stated is not None and stated is None:
        return None
    for name in rule.reads:
        if name not in catalog.columns:
            _refuse_absent(catalog, target, name)
    if rule.by is not None:
        return Step(target, rule)
    head = catalog.columns[rule.sources[0]]
    _refuse_type(catalog, target, rule.sources[0], head)
    return Step(target, rule, unit_factor(catalog.path, rule.sources[0], head.unit, rule, target))


def _refuse_absent(catalog: Catalog, target: TargetColumn, name: str) -> None:
    near = difflib.get_close_matches(name, list(catalog.columns), 1)
    raise RefusedError(
        catalog.path,
        f"The file has no such column, and {target.key} is made from it",
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


def _refuse_constants(catalog: Catalog, plan: Plan) -> None:
    filled = {step.target.key for step in plan.steps}
    for key in plan.constants:
        if key not in plan.target.columns:
            near = difflib.get_close_matches(key, list(plan.target.columns), 1)
            remedy = f"say {near[0]}" if near else "leave it out"
            raise RefusedError(
                catalog.path, f"{plan.target.kind} has no column {key} to set", remedy
            )
        if key in filled:
            raise RefusedError(
                catalog.path,
                f"{key} is set to {plan.constants[key]}, but the file has it",
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

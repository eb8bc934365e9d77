"""Refusals of files whose columns do not match those of the table, with the nearest that would."""

import difflib
from collections.abc import Mapping
from typing import Any

from skytract.loaders.dialect import OWN, SET, ColumnRule, Dialect
from skytract.loaders.dialect_plan import Plan
from skytract.loaders.load_refused import RefusedError
from skytract.loaders.load_target import Target, TargetColumn
from skytract.loaders.read_catalog import Catalog, ColumnHead

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


_POSITIONS = ("ra", "dec")
"""Columns of which no 4-byte real is taken: it knows a right ascension to 0.1 arcsec only."""


def refuse_unknown(
    catalog: Catalog, dialect: Dialect, target: Target, rules: Mapping[str, ColumnRule]
) -> None:
    """Refuse columns that neither the dialect nor the table knows."""
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


def refuse_type(catalog: Catalog, target: TargetColumn, name: str, head: ColumnHead) -> None:
    """Refuse a column of a type that does not become that of the table."""
    if target.key in _POSITIONS and head.type in ("float16", "float32"):
        raise RefusedError(
            catalog.path,
            f"It has the type {head.type}, too coarse for a position by 0.1 arcsec and more",
            "write it as float64",
            name,
        )
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


def refuse_constants(catalog: Catalog, plan: Plan, constants: Mapping[str, Any]) -> None:
    """Refuse values given for columns that the table lacks, or that the file has."""
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


def refuse_incomplete(catalog: Catalog, plan: Plan) -> None:
    """Refuse a file without a column that every row needs."""
    filled = {step.target.key for step in plan.steps} | plan.constants.keys()
    for key, column in plan.target.columns.items():
        if column.required and key not in filled:
            own = plan.dialect.name == OWN
            near = difflib.get_close_matches(key, list(catalog.columns), 1) if own else []
            hint = f" (it has {near[0]})" if near else ""
            raise RefusedError(
                catalog.path,
                f"{plan.target.kind} needs this column, and the file does not have it{hint}",
                f"add it, or give one value for all rows with --set {key}=VALUE",
                key,
            )

"""The tables that files are loaded into, read from the declared model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from skytract.loaders.errors import SkytractError
from skytract.sql.model import load_model, unit

SCHEMAS = ("raw", "calibration")
"""Schemas whose tables are loaded into, if their rows carry a loadId."""

ADDED = ("hpx29", "loadId")
"""Columns that the loader fills and no file has."""

DTYPES: dict[str, npt.DTypeLike] = {
    "bigint": np.int64,
    "integer": np.int32,
    "smallint": np.int16,
    "real": np.float32,
    "double precision": np.float64,
    "boolean": np.bool_,
    "text": "S",
    "timestamptz": "M8[us]",
    "real[]": object,
    "double precision[]": object,
}
"""Types of binary COPY, and of the arrays that are encoded as such."""


@dataclass(frozen=True)
class TargetColumn:
    """A column that a file may fill.

    Parameters
    ----------
    key, name : str
        DPDD spelling and physical name.
    type : str
        A key of `DTYPES`.
    unit : str
        Empty if dimensionless.
    nullable : bool
        Whether NULL is allowed.
    required : bool
        Whether a file must have it: neither NULL nor a default can stand for it.
    """

    key: str
    name: str
    type: str
    unit: str
    nullable: bool
    required: bool


@dataclass(frozen=True)
class Target:
    """A table that files are loaded into.

    Parameters
    ----------
    schema, kind, name : str
        Its schema; DPDD name and physical name.
    columns : mapping
        The columns a file may fill, by DPDD name.
    identity : tuple of str
        The columns that tell rows apart; the first one is the id. Where the database numbers the
        rows, the columns that are declared unique.
    hpx29 : bool
        Whether rows carry the sky key of their position.
    ids_apart : bool
        Whether the primary key holds the sky key as well, so that it allows one id at two positions
        and the loader has to see to it that ids differ.
    partition_key : str, optional
        Column the table is partitioned by.
    """

    schema: str
    kind: str
    name: str
    columns: Mapping[str, TargetColumn]
    identity: tuple[str, ...]
    hpx29: bool
    ids_apart: bool
    partition_key: str | None


@cache
def _tables() -> dict[str, sa.Table]:
    """Tables that files are loaded into, by name in lower case, in the order of declaration."""
    tables = [t for t in load_model().tables.values() if t.schema in SCHEMAS and "loadId" in t.c]
    return {table.name: table for table in tables}


@cache
def kinds() -> tuple[str, ...]:
    """Names of all kinds of files in the order of declaration: referenced tables come first."""
    return tuple(table.info["name"] for table in _tables().values())


@cache
def find_target(kind: str) -> Target:
    """Return the table of a kind, in any capitalisation.

    Raises
    ------
    SkytractError
        If there is no such kind.
    """
    table = _tables().get(kind.lower())
    if table is None:
        raise SkytractError(f"There is no kind {kind!r}: choose one of {', '.join(kinds())}.")
    columns = {c.key: _column(c) for c in table.columns if not _is_added(c)}
    return Target(
        schema=str(table.schema),
        kind=table.info["name"],
        name=table.name,
        columns=columns,
        identity=_identity(table),
        hpx29="hpx29" in table.columns,
        ids_apart="hpx29" in table.primary_key.columns,
        partition_key=table.info["partition_key"],
    )


def _is_added(column: sa.Column[Any]) -> bool:
    return column.key in ADDED or column.identity is not None


def _identity(table: sa.Table) -> tuple[str, ...]:
    key = tuple(c.key for c in table.primary_key if not _is_added(c))
    unique = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint))
    return key or tuple(column.key for column in next(unique).columns)


def _column(column: sa.Column[Any]) -> TargetColumn:
    return TargetColumn(
        key=column.key,
        name=column.name,
        type=_type(column.type),
        unit=unit(column.info["felis"]),
        nullable=bool(column.nullable),
        required=not column.nullable and column.server_default is None,
    )


def _type(type_: sa.types.TypeEngine[Any]) -> str:
    if isinstance(type_, sa.ARRAY):
        return f"{_type(type_.item_type)}[]"
    named: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
        (sa.BigInteger, "bigint"),
        (sa.SmallInteger, "smallint"),
        (sa.Integer, "integer"),
        (sa.REAL, "real"),
        (sa.Double, "double precision"),
        (sa.Boolean, "boolean"),
        (sa.Text, "text"),
        (sa.TIMESTAMP, "timestamptz"),
    )
    return next(name for class_, name in named if isinstance(type_, class_))

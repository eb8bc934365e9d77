"""The declared model as SQLAlchemy metadata: one definition for DDL, COPY, migrations and docs.

Physical names are the DPDD's in lower case, so that unquoted SQL finds them in any spelling; the
DPDD spelling is `Column.key` and `Table.info["name"]`.
"""

from functools import cache
from typing import Any

import felis.datamodel as fd
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from skytract.sql.felis_reader import SCHEMAS, read_physical, read_schema

RELEASE = "release"
"""Schema of the empty template every data release is made from."""

TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "boolean": sa.Boolean,
    "short": sa.SmallInteger,
    "int": sa.Integer,
    "long": sa.BigInteger,
    "float": sa.REAL,
    "double": sa.Double,
    "char": sa.Text,
    "string": sa.Text,
    "unicode": sa.Text,
    "text": sa.Text,
    "binary": sa.LargeBinary,
}
NAMES = {"pk": "pk_%(table_name)s"}


def unit(column: fd.Column) -> str:
    """Return the unit of a declared column; the empty string for a dimensionless one."""
    return column.ivoa_unit or ""


def comment(column: fd.Column) -> str:
    """Return the COMMENT of a column: its text, [unit] and (UCD)."""
    bracket = f" [{unit(column)}]" if unit(column) else ""
    return f"{column.description}{bracket} ({column.ivoa_ucd})"


def is_array(column: fd.Column) -> bool:
    """Tell whether a declared column holds an array of numbers."""
    return column.datatype in ("int", "float", "double") and column.votable_arraysize is not None


def _length(column: fd.Column) -> int | None:
    """Return the fixed length of an array column; None if it varies or is no array."""
    size = str(column.votable_arraysize)
    return int(size) if is_array(column) and size.isdigit() else None


def _length_check(table: str, column: fd.Column) -> sa.CheckConstraint:
    name = f"ck_{table}_{column.name}_length".lower()
    return sa.CheckConstraint(f"cardinality({column.name.lower()}) = {_length(column)}", name=name)


def _type(column: fd.Column) -> sa.types.TypeEngine[Any]:
    if column.datatype == "timestamp":
        # A clock reading in TAI is no instant of the civil time zones: it is stored without one.
        return sa.TIMESTAMP(timezone=column.postgresql_datatype is None)
    plain = TYPES[column.datatype]()
    return ARRAY(plain) if is_array(column) else plain


def _column(column: fd.Column) -> sa.Column[Any]:
    default = None if column.value is None else sa.text(str(column.value).lower())
    extra: list[Any] = [sa.Identity(always=False)] if column.autoincrement else []
    return sa.Column(
        column.name.lower(),
        _type(column),
        *extra,
        key=column.name,
        nullable=column.nullable,
        server_default=default,
        autoincrement=bool(column.autoincrement),
        comment=comment(column),
        info={"felis": column},
    )


def _fields(references: list[str]) -> list[str]:
    """Turn Felis references (`#Table.column`) into column keys."""
    return [reference.removeprefix("#").split(".")[1] for reference in references]


def _constraint(schema: str, constraint: fd.Constraint) -> sa.Constraint:
    name = constraint.name.lower()
    if isinstance(constraint, fd.CheckConstraint):
        return sa.CheckConstraint(constraint.expression, name=name)
    if isinstance(constraint, fd.UniqueConstraint):
        return sa.UniqueConstraint(*_fields(constraint.columns), name=name)
    assert isinstance(constraint, fd.ForeignKeyConstraint)
    targets = [
        f"{schema}.{t.removeprefix('#').split('.')[0].lower()}.{t.split('.')[1]}"
        for t in constraint.referenced_columns
    ]
    return sa.ForeignKeyConstraint(_fields(constraint.columns), targets, name=name)


def _table(metadata: sa.MetaData, schema: str, declared: fd.Table) -> sa.Table:
    qualified = f"{schema}.{declared.name}"
    partition_key = read_physical()["partition_by"].get(qualified)
    options: dict[str, Any] = {}
    if partition_key:
        options["postgresql_partition_by"] = f"RANGE ({partition_key.lower()})"
    keys = declared.primary_key
    primary_key = _fields([keys] if isinstance(keys, str) else list(keys or []))
    table = sa.Table(
        declared.name.lower(),
        metadata,
        *(_column(column) for column in declared.columns),
        sa.PrimaryKeyConstraint(
            *primary_key, postgresql_include=read_physical()["include"].get(qualified)
        ),
        *(_constraint(schema, constraint) for constraint in declared.constraints),
        *(_length_check(declared.name, column) for column in declared.columns if _length(column)),
        schema=schema,
        comment=declared.description,
        info={"name": declared.name, "partition_key": partition_key},
        **options,
    )
    for index in declared.indexes:
        columns = [table.c[key] for key in _fields(list(index.columns or []))]
        sa.Index(index.name.lower(), *columns)
    for options in read_physical()["indexes"].get(qualified, []):
        _physical_index(table, **options)
    return table


def _physical_index(
    table: sa.Table,
    name: str,
    columns: list[str],
    unique: bool = False,
    **options: Any,
) -> None:
    """Add an index that Felis cannot declare; options are PostgreSQL's: using, with, where."""
    if "where" in options:
        options["where"] = sa.text(options["where"])
    dialect = {f"postgresql_{key}": value for key, value in options.items()}
    sa.Index(name.lower(), *(table.c[key] for key in columns), unique=unique, **dialect)


@cache
def load_model() -> sa.MetaData:
    """Build the metadata of all declared schemas; the release tables are those of the template.

    Returns
    -------
    sqlalchemy.MetaData
        Tables keyed by `schema.table` in lower case.
    """
    metadata = sa.MetaData(naming_convention=NAMES)
    for schema in SCHEMAS:
        for declared in read_schema(schema).tables:
            _table(metadata, schema, declared)
    return metadata


def find_table(schema: str, name: str) -> sa.Table:
    """Return the declared table of any spelling, e.g. `find_table("raw", "Source")`.

    A release's schema, being a copy of the template, is asked for as `release`.
    """
    return load_model().tables[f"{schema}.{name.lower()}"]


def release_metadata(release: str) -> sa.MetaData:
    """Build the metadata of one data release: the template's tables in the schema `release`."""
    metadata = sa.MetaData(naming_convention=NAMES)
    for table in load_model().tables.values():
        if table.schema == RELEASE:
            table.to_metadata(metadata, schema=release)
    return metadata

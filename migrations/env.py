"""Run by alembic: compares and changes the tables of the connection it is given.

Use `skytract migrate`, which starts from a checked connection and applies functions afterwards.
"""

from collections.abc import Mapping
from typing import Any

from alembic import context

from skytract.sql.felis_reader import SCHEMAS
from skytract.sql.model import load_model

MODEL = load_model()
CONNECTION = context.config.attributes["connection"]


def include_name(name: str | None, type_: str, parent_names: Mapping[Any, str | None]) -> bool:
    """Look at the declared schemas only; partitions are data, not schema."""
    if type_ == "schema":
        return name in SCHEMAS
    if type_ == "table":
        return f"{parent_names['schema_name']}.{name}" in MODEL.tables
    return True


CONNECTION.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS meta")  # alembic's own table lives there
context.configure(
    connection=CONNECTION,
    target_metadata=MODEL,
    include_schemas=True,
    include_name=include_name,
    compare_type=True,
    compare_server_default=True,
    version_table_schema="meta",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

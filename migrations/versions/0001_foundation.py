"""The first tables: meta, raw, calibration, and the template of releases.

From nothing to 0001. Why: everything begins here. The statements are frozen in
0001_foundation.sql, which is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

SCHEMAS = "classification, variability, calibration, overlap, association, raw, sky, release"
META_TABLES = "columnregistry, load, partition, release, schemaversion, stagerun"


def upgrade() -> None:
    """Create the schemas with their tables, indexes and comments."""
    statements = Path(__file__).with_suffix(".sql").read_bytes()
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def downgrade() -> None:
    """Drop everything but releases: before this version there was nothing to hold a row."""
    bind = op.get_bind()
    releases = bind.exec_driver_sql("SELECT string_agg(release, ', ') FROM meta.release").scalar()
    if releases:
        raise RuntimeError(
            f"releases {releases} exist: drop their schemas before version 0001 goes"
        )
    bind.exec_driver_sql(f"DROP SCHEMA {SCHEMAS} CASCADE")
    for table in META_TABLES.split(", "):
        bind.exec_driver_sql(f"DROP TABLE meta.{table} CASCADE")

"""Loads in units, replaced and undone: what a load holds; scheduled splits; passbands and SEDs.

From 0002 to 0003. Why: a tract's files become visible together, a changed file takes the place of
the one before it, and taking rows out must not scan a table. The statements are frozen in
0003_loads.sql, which is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

PLACES = {
    "visit": ("visit", "-1", "''"),
    "visitdetector": ("visit", "detector", "''"),
    "source": ("visit", "detector", "''"),
    "diasource": ("visit", "detector", "''"),
    "forcedsource": ("visit", "detector", "''"),
    "coaddsource": ("tract", "patch", "band"),
    "objectmeasurement": ("tract", "patch", "band"),
}
"""Major, minor and band of the rows of each table."""

FILL = """
INSERT INTO meta.loadscope (loadid, kind, major, minor, band)
SELECT DISTINCT loadid, l.kind, {}, {}, {}
FROM raw.{table} JOIN meta.load AS l USING (loadid)
WHERE l.state = 'loaded' AND lower(l.kind) = '{table}'
ORDER BY loadid ON CONFLICT DO NOTHING
"""
"""Where earlier versions let two loads bring rows of one place, the first one holds it."""

OLD_COMMENTS = """
COMMENT ON TABLE meta.load IS
    'One row per attempt to load a file: the ledger. Raw rows carry its loadId.';
COMMENT ON COLUMN meta.load.kind IS
    'Raw table the file is for; NULL if that could not be told. (meta.id;meta.table)';
COMMENT ON COLUMN meta.load.identity IS
    'Logical identity of the content, e.g. Source 903986/31. (meta.id)';
COMMENT ON COLUMN meta.load.state IS 'loading, loaded, refused or undone. (meta.code.status)';
"""


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Add tables and columns, and note what the loaded files hold, reading each table once."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())
    for table, place in PLACES.items():
        op.execute(FILL.format(*place, table=table))


def downgrade() -> None:
    """Drop what version 0002 cannot hold; a replaced load, or one of curves, is undone there.

    Functions that use what is dropped go with it: they are applied again after an upgrade.
    """
    op.execute(
        "ALTER TABLE raw.visitdetector ADD CONSTRAINT fk_visitdetector_visit"
        " FOREIGN KEY (visit) REFERENCES raw.visit (visit)"
    )
    op.execute("DROP INDEX raw.ix_referencestar_loadid, meta.uq_load_loaded_content")
    op.execute("DROP TABLE meta.partitionsplit, meta.loadscope CASCADE")
    op.execute("DROP TABLE calibration.passband, calibration.sed CASCADE")
    op.execute(
        "UPDATE meta.load SET state = 'undone'"
        " WHERE state = 'replaced' OR state = 'loaded' AND kind IN ('Passband', 'Sed')"
    )
    op.execute(
        "ALTER TABLE meta.load DROP COLUMN replacedby CASCADE, DROP COLUMN unitid CASCADE,"
        " DROP CONSTRAINT ck_load_state, ADD CONSTRAINT ck_load_state"
        " CHECK (state IN ('loading', 'loaded', 'refused', 'undone'))"
    )
    _execute(OLD_COMMENTS.encode())

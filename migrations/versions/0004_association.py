"""Association partition by partition: its working table is written in the order of the sky.

From 0003 to 0004. Why: an index entry by object for every detection cost as much as the detection
itself; written in the order of the sky, the rows of a range of objects lie together. DiaSources are
matched to predicted positions of moving objects, which need a table. The statements are frozen in
0004_association.sql, which is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Change the keys of association.sourcegroup, whose rows are kept; add predicted positions."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())


def downgrade() -> None:
    """Give association.sourcegroup back the keys of version 0003; drop predicted positions."""
    op.drop_table("predictedposition", schema="association")
    _execute(OLD_KEYS.encode())


OLD_KEYS = """
DROP INDEX association.ix_sourcegroup_objectid;
ALTER TABLE association.sourcegroup
    DROP CONSTRAINT pk_sourcegroup,
    ADD CONSTRAINT pk_sourcegroup PRIMARY KEY (release, hpx29, sourceid);
CREATE INDEX ix_sourcegroup_release_objectid
    ON association.sourcegroup (release, objectid);
COMMENT ON COLUMN association.sourcegroup.objectid IS
    'Object: hpx29 of the detection that discovered it, or the next free number if two share that.'
    ' (meta.id;src)';
"""

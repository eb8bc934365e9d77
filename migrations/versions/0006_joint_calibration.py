"""What joint calibration writes, and which solutions a release was made with.

From 0005 to 0006. Why: a release's fluxes depend on the SEDs of its objects too, which it must name
for anybody to undo and redo them. The statements are frozen in 0006_joint_calibration.sql, which is
never edited.
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Make the tables of templates, of SEDs of objects, which releases name, and of joint fits."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())


def downgrade() -> None:
    """Drop joint fits, templates, SEDs of objects, and which ones releases were made with."""
    op.drop_column("photocalib", "component", schema="calibration")
    for table in ("calibrationstar", "starflat", "wcscalib"):
        op.drop_table(table, schema="calibration")
    for table in ("objectchrom", "objectsed", "template"):
        op.drop_table(table, schema="calibration")
    op.drop_column("release", "astrometrysolutionid", schema="meta")
    op.drop_column("release", "variablesedsolutionid", schema="meta")
    op.drop_column("release", "sedsolutionid", schema="meta")
    _execute(OLD_STATEMENTS.encode())


OLD_STATEMENTS = """
DROP INDEX association.ix_sourcegroup_objectid;
CREATE INDEX ix_sourcegroup_objectid ON association.sourcegroup USING brin (objectid);
COMMENT ON COLUMN calibration.solution.kind IS
    'What it holds: photometry, astrometry, or passband (a set of observed passbands). (meta.code)';
"""

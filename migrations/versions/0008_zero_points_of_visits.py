"""Zero points of a visit lie together in an array, besides their rows.

From 0007 to 0008. Why: a light curve finds a thousand of them, and looking them up one by one was
a fifth of its time. The statements are frozen in 0008_zero_points_of_visits.sql, never edited.
"""

from pathlib import Path

from alembic import op

revision = "0008"
down_revision = "0007"


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Make the table of arrays, from the zero points there are."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())


def downgrade() -> None:
    """Drop it with the triggers that fill it; zero points are found in the index of their key."""
    _execute(OLD_KEY.encode())


OLD_KEY = """
DROP FUNCTION IF EXISTS calibration.pack_zero_points() CASCADE;
DROP TABLE calibration.visitphotocalib;
ALTER TABLE calibration.photocalib
    DROP CONSTRAINT pk_photocalib,
    ADD CONSTRAINT pk_photocalib PRIMARY KEY (solutionid, visit, detector) INCLUDE (zmean);
"""

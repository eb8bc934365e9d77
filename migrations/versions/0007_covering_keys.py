"""Passbands and zero points are found in the indexes of their keys alone.

From 0006 to 0007. Why: the light curve of an object looks up a thousand of them one by one, which
is most of its time. The statements are frozen in 0007_covering_keys.sql, which is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Let two primary keys include what is read with them."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())


def downgrade() -> None:
    """Give the two tables back their plain primary keys."""
    _execute(OLD_KEYS.encode())


OLD_KEYS = """
ALTER TABLE calibration.photocalib
    DROP CONSTRAINT pk_photocalib,
    ADD CONSTRAINT pk_photocalib PRIMARY KEY (solutionid, visit, detector);
ALTER TABLE calibration.passbandcoefficient
    DROP CONSTRAINT pk_passbandcoefficient,
    ADD CONSTRAINT pk_passbandcoefficient PRIMARY KEY (solutionid, visit, detector);
"""

"""Observed passbands of every visit and detector, so that fluxes follow from any SED.

From 0004 to 0005. Why: the factor that turns a flux for one spectrum into that for another is an
integral over the passband of the visit and detector; ten coefficients per passband make it a
product in SQL, and the exact curves beside them audit it. White dwarfs and supernovae are kinds of
SED. The ledger of loads says when rows were taken out. The statements are frozen in
0005_calibration.sql, which is never edited.
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"


def _execute(statements: bytes) -> None:
    pooled = op.get_bind().connection
    assert pooled.driver_connection is not None
    pooled.driver_connection.execute(statements)  # many statements at once: psycopg's own call


def upgrade() -> None:
    """Make the tables of observed passbands; give SEDs their types and two more kinds."""
    _execute(Path(__file__).with_suffix(".sql").read_bytes())


def downgrade() -> None:
    """Drop observed passbands and times of removal; white dwarfs are stars, supernovae other."""
    for table in ("passbandcoefficient", "passbandbasis", "instrumentpassband", "atmosphere"):
        op.drop_table(table, schema="calibration")
    op.drop_column("load", "removedat", schema="meta")
    _execute(OLD_SED.encode())


OLD_SED = """
UPDATE calibration.sed SET kind = CASE kind WHEN 'whiteDwarf' THEN 'star' ELSE 'other' END
WHERE kind IN ('whiteDwarf', 'supernova');
ALTER TABLE calibration.sed DROP COLUMN subtype, DROP CONSTRAINT ck_sed_kind;
ALTER TABLE calibration.sed ADD CONSTRAINT ck_sed_kind
    CHECK (kind IN ('star', 'galaxy', 'qso', 'other'));
COMMENT ON COLUMN calibration.sed.kind IS
    'What it is the spectrum of: star, galaxy, qso or other. (meta.code.class;src)';
COMMENT ON COLUMN calibration.solution.kind IS
    'What it holds: photometry or astrometry. (meta.code)';
"""

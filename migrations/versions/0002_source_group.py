"""The working table of association: which object each detection belongs to, per release.

From 0001 to 0002. Why: calibration, which comes after association, must find the groups again,
partition by partition and from several sessions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create association.sourcegroup; it is empty until association runs."""
    op.create_table(
        "sourcegroup",
        sa.Column(
            "release",
            sa.Text,
            nullable=False,
            comment="Release the grouping belongs to. (meta.id;meta.dataset)",
        ),
        sa.Column(
            "hpx29",
            sa.BigInteger,
            nullable=False,
            comment="HEALPix NESTED index (order 29) of the detection, as in raw.Source."
            " (pos.healpix)",
        ),
        sa.Column(
            "sourceid",
            sa.BigInteger,
            nullable=False,
            comment="Detection: raw.Source.sourceId. (meta.id;meta.main)",
        ),
        sa.Column(
            "objectid",
            sa.BigInteger,
            nullable=False,
            comment="Object: hpx29 of the detection that discovered it, or the next free number if"
            " two share that. (meta.id;src)",
        ),
        sa.PrimaryKeyConstraint("release", "hpx29", "sourceid", name="pk_sourcegroup"),
        schema="association",
        comment="One row per release and detection: the object it belongs to; the working table of"
        " association.associate_sources.",
    )
    op.create_index(
        "ix_sourcegroup_release_objectid",
        "sourcegroup",
        ["release", "objectid"],
        schema="association",
    )


def downgrade() -> None:
    """Drop the table: association, run again, fills it with the same rows."""
    op.drop_table("sourcegroup", schema="association")

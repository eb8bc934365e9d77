"""${message}

From ${down_revision} to ${up_revision}. Why: say it here.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Say what changes. Physical names only; add nullable, fill, constrain."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Say what the older version cannot hold and therefore is dropped."""
    ${downgrades if downgrades else "pass"}

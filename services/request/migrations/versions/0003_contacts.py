"""Keep where else an applicant wishes to be told: telephone, LINE, and the postal address of the form."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    for name in ("phone", "line_user", "postal_address"):
        op.add_column("application", sa.Column(name, sa.String(), nullable=True))

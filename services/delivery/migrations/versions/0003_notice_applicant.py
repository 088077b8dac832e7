"""Keep with each notice what must be known of the applicant for the next one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade():
    op.add_column("notice", sa.Column("application_number", sa.String(), nullable=True))
    op.add_column("notice", sa.Column("has_address", sa.Boolean(), nullable=True))

"""Count what is to be paid without walking through what was paid: for the metrics."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.create_index("invoice_open", "invoice", ["due_at"], postgresql_where=sa.text("state = 'open'"))

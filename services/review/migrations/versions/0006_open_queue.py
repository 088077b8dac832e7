"""The queue of what waits and what is claimed is read in its order: sorting all of it took as long as it was long."""

import sqlalchemy as sa
from alembic import op

from kit.migrations import index_beside

revision = "0006"
down_revision = "0005"


def upgrade():
    """Apply."""
    is_open = sa.text("state IN ('waiting', 'claimed')")
    index_beside("cases_open", "cases", ["agency", "due_at", "id"], postgresql_where=is_open)


def downgrade():
    """Take back."""
    op.drop_index("cases_open", table_name="cases")

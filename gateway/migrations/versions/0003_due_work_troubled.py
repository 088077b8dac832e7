"""Count work that has failed without walking through what is planned: for the metrics."""

from kit.migrations import index_troubled_work

revision = "0003"
down_revision = "0002"


def upgrade():
    index_troubled_work()

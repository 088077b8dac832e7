"""Take cards: charges begun at a gateway, and whether an invoice may be paid so."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    op.add_column("invoice", sa.Column("takes_card", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "checkout",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("invoice_id", sa.Uuid(), sa.ForeignKey("invoice.id"), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charge_id", sa.String()),
        sa.Column("url", sa.String()),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.UniqueConstraint("provider", "charge_id"),
    )
    op.create_index("checkout_invoice", "checkout", ["invoice_id"])

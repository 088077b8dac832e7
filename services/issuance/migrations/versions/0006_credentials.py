"""Credentials for wallets: offers, tokens, spent nonces, status lists.

Whoever changes what a document is worth need know nothing of status lists: a trigger notes that they have changed. It
looks at documents that are issued, so that making one costs nothing more.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import forget_work

revision = "0006"
down_revision = "0005"

NOTE = """
CREATE FUNCTION note_status_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO status_change (list_id) SELECT DISTINCT list_id FROM credential WHERE document_id = NEW.id;
    RETURN NULL;
END $$
"""
NOTE_TRIGGER = """
CREATE TRIGGER note_status_change AFTER UPDATE OF state, valid_until, suspended_until ON document FOR EACH ROW
WHEN (OLD.issued_at IS NOT NULL AND (OLD.state, OLD.valid_until, OLD.suspended_until)
    IS DISTINCT FROM (NEW.state, NEW.valid_until, NEW.suspended_until))
EXECUTE FUNCTION note_status_change()
"""


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_document() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["document_id"], ["document.id"])


def upgrade() -> None:
    """Apply."""
    _exchange()
    op.create_table(
        "status_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("given", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(), nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        _moment("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "running"),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        _moment("issued_at"),
        sa.Column("fate", sa.String(), nullable=True),
        _of_document(),
        sa.ForeignKeyConstraint(["list_id"], ["status_list.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_id", "place"),
    )
    op.create_index("credential_document", "credential", ["document_id"])
    op.create_table(
        "status_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        # No foreign key: whoever acts on a document waits for nobody who reads or writes a list.
        sa.Column("list_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("status_change_list", "status_change", ["list_id"])
    op.execute(NOTE)
    op.execute(NOTE_TRIGGER)


def _exchange() -> None:
    op.create_table(
        "credential_offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("code_digest", sa.String(), nullable=False),
        sa.Column("tx_digest", sa.String(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("spent_at", nullable=True),
        _of_document(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_digest"),
    )
    op.create_index("credential_offer_document", "credential_offer", ["document_id"])
    op.create_index("credential_offer_expires", "credential_offer", ["expires_at"])
    op.create_table(
        "credential_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.String(), nullable=False),
        _moment("expires_at"),
        sa.Column("transaction_digest", sa.String(), nullable=True),
        sa.Column("holder_key", postgresql.JSONB(), nullable=True),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        _of_document(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_digest"),
    )
    op.create_index("credential_grant_expires", "credential_grant", ["expires_at"])
    op.create_table(
        "spent_nonce",
        sa.Column("digest", sa.String(), nullable=False),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("spent_nonce_expires", "spent_nonce", ["expires_at"])


def downgrade() -> None:
    """Take back."""
    forget_work("tidy-credentials")
    op.execute("DROP TRIGGER note_status_change ON document")
    op.execute("DROP FUNCTION note_status_change")
    for table in ("status_change", "credential", "status_list", "spent_nonce", "credential_grant", "credential_offer"):
        op.drop_table(table)

"""A document lives on after its issue: acts of authority on it, which only grow, and what takes its place.

Columns are added with defaults that need no rewriting, and a process of the release before goes on beside them. The
ends of what was issued already are planned after this by due work, batch by batch: here the table is locked. Its two
indexes are made by 0008, beside those who write.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from kit.migrations import forget_work, plan_for

revision = "0005"
down_revision = "0004"

ONLY_GROW = """
CREATE FUNCTION document_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acts on documents only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
ONLY_GROW_TRIGGER = """
CREATE TRIGGER document_acts_only_grow BEFORE UPDATE OR DELETE ON document_act
FOR EACH ROW EXECUTE FUNCTION document_acts_only_grow()
"""
PLANNED = ("plan-expiry", '{"again": true}', "document")
"""Once more a day later: a process of the release before still issues, and plans nothing."""


def upgrade() -> None:
    """Apply."""
    op.add_column("document", sa.Column("kind", sa.String(), nullable=False, server_default="first"))
    op.add_column("document", sa.Column("replaces", sa.Uuid()))
    op.add_column("document", sa.Column("origin", sa.Uuid()))
    op.add_column("document", sa.Column("edition", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("document", sa.Column("suspended_until", sa.Date()))
    op.add_column("document", sa.Column("told_until", sa.Date()))
    _create_acts()
    _create_substitutes()
    plan_for(*PLANNED)


def _create_substitutes() -> None:
    op.create_table(
        "substitute",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=False),
        sa.Column("journey_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("known_on", sa.Date(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('asked', 'granted', 'refused', 'void')", name="substitute_state"),
    )
    asked = sa.text("state = 'asked'")
    op.create_index("substitute_asked", "substitute", ["document_id"], unique=True, postgresql_where=asked)
    op.create_index("substitute_journey", "substitute", ["journey_id"])
    op.create_index("substitute_queue", "substitute", ["agency", "state", "asked_at", "id"])


def _create_acts() -> None:
    op.create_table(
        "document_act",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("document_id", sa.Uuid(), sa.ForeignKey("document.id"), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Uuid()),
        sa.Column("officer", sa.Uuid()),
        sa.Column("authority", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("considerations", sa.String(), nullable=False),
        sa.Column("appeal", postgresql.JSONB(astext_type=sa.Text())),
        sa.Column("until", sa.Date()),
        sa.Column("about", sa.Uuid()),
        sa.Column("enclosed", sa.String()),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.String()),
        sa.Column("digest", sa.String(), nullable=False),
        sa.UniqueConstraint("document_id", "place"),
        sa.CheckConstraint(
            "(phase IN ('confirmed', 'rejected')) = (proposal_id IS NOT NULL)", name="settles_a_proposal"
        ),
    )
    settled = sa.text("proposal_id IS NOT NULL")
    op.create_index("document_act_proposal", "document_act", ["proposal_id"], unique=True, postgresql_where=settled)
    proposed = sa.text("phase = 'proposed'")
    op.create_index("document_act_proposed", "document_act", ["agency", "at", "id"], postgresql_where=proposed)
    op.create_index("document_act_term", "document_act", ["term_id", "act"])
    op.execute(ONLY_GROW)
    op.execute(ONLY_GROW_TRIGGER)


def downgrade() -> None:
    """Take back."""
    forget_work("plan-expiry", "expiry", "reinstate", "reissue")
    op.drop_table("substitute")
    op.drop_table("document_act")
    op.execute("DROP FUNCTION document_acts_only_grow")
    for name in ("told_until", "suspended_until", "edition", "origin", "replaces", "kind"):
        op.drop_column("document", name)

"""Remove what is past: an act, which never changes, is emptied once its document is not kept any more, and no sooner.

A process of the release before goes on beside it: new columns have no value. The removal itself is due work, a hundred
journeys at a time.
"""

import sqlalchemy as sa
from alembic import op

from kit.migrations import create_retention, drop_retention

revision = "0009"
down_revision = "0008"

ONLY_GROW = """
CREATE OR REPLACE FUNCTION document_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
        AND EXISTS (SELECT FROM document WHERE id = OLD.document_id AND removed_on IS NOT NULL)
        AND NEW.officer IS NULL AND NEW.authority = '{}' AND NEW.appeal IS NULL
        AND (NEW.facts, NEW.law, NEW.considerations) = ('', '', '')
        AND to_jsonb(NEW) - '{officer,authority,facts,law,considerations,appeal}'::text[]
            = to_jsonb(OLD) - '{officer,authority,facts,law,considerations,appeal}'::text[]
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'acts on documents only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
NEVER = """
CREATE OR REPLACE FUNCTION document_acts_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'acts on documents only grow' USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("document", sa.Column("removed_on", sa.Date()))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
    )
    create_retention()
    op.execute(ONLY_GROW)


def downgrade() -> None:
    """Take back; what was removed stays so, and the work that its files and answers wait for, till this comes again."""
    op.execute(NEVER)
    drop_retention()
    op.drop_table("erasure")
    op.drop_column("document", "removed_on")

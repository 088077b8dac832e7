"""Keep the words of notices in versions, and with each notice which were used.

A process of the release before writes notices while this is applied: its words are the shipped ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

APPEND_ONLY = """
CREATE FUNCTION templates_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'templates only grow' USING ERRCODE = 'restrict_violation';
END $$
"""
APPEND_ONLY_TRIGGER = """
CREATE TRIGGER templates_only_grow BEFORE UPDATE OR DELETE ON template
FOR EACH ROW EXECUTE FUNCTION templates_only_grow()
"""


def upgrade():
    op.create_table(
        "template",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("agency", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("subject_th", sa.String()),
        sa.Column("subject_en", sa.String()),
        sa.Column("body_th", sa.String()),
        sa.Column("body_en", sa.String()),
        sa.Column("author", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("agency", "kind", "version"),
        sa.CheckConstraint("num_nulls(subject_th, subject_en, body_th, body_en) IN (0, 4)", name="template_whole"),
        sa.CheckConstraint("version > 0", name="template_version"),
    )
    op.execute(APPEND_ONLY)
    op.execute(APPEND_ONLY_TRIGGER)
    op.add_column("notice", sa.Column("template_id", sa.Uuid()))
    op.add_column("notice", sa.Column("template_version", sa.Integer(), nullable=False, server_default="0"))

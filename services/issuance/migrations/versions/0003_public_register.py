"""The public register is searched: what it shows in one spelling, its n-grams, and the type of the document.

What is registered already is filled in by batches of 1,000 rows, in the transaction of the migration.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from services.issuance import domain

revision = "0003"
down_revision = "0002"

BATCH = 1_000
NEXT = sa.text(
    "SELECT id, series, year, running, title, public, file_name, body #>> ARRAY['steps', step, 'document_type'] AS type"
    " FROM document LEFT JOIN section USING (definition)"
    " WHERE issued_at IS NOT NULL AND id > :after ORDER BY id LIMIT :batch"
)
FILL = sa.text("UPDATE document SET searched = :searched, grams = :grams, document_type = :type WHERE id = :id")


def upgrade() -> None:
    """Apply."""
    op.add_column("document", sa.Column("document_type", sa.String(), nullable=True))
    op.add_column("document", sa.Column("searched", sa.String(), nullable=False, server_default=""))
    op.add_column(
        "document", sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'"))
    )
    _fill(op.get_bind())
    op.create_index(
        "document_register", "document", ["issued_at", "id"], postgresql_where=sa.text("issued_at IS NOT NULL")
    )
    op.create_index("document_grams", "document", ["grams"], postgresql_using="gin")


def _fill(connection: sa.Connection) -> None:
    after = "00000000-0000-0000-0000-000000000000"
    while rows := connection.execute(NEXT, {"after": after, "batch": BATCH}).all():
        connection.execute(
            FILL.bindparams(sa.bindparam("grams", type_=postgresql.ARRAY(sa.Text()))), list(map(_filled, rows))
        )
        after = rows[-1].id


def _filled(row: sa.Row) -> dict[str, object]:
    text = domain.searched(domain.number_text(row.series, row.year, row.running), row.title, row.public)
    # Where the section is gone: <agency>_<service>_<request no>_<document type>_… is the name of the file.
    kind = row.type or row.file_name.split("_")[3]
    return {"id": row.id, "searched": text, "grams": domain.grams_of(text), "type": kind}


def downgrade() -> None:
    """Take back."""
    op.drop_index("document_grams", table_name="document")
    op.drop_index("document_register", table_name="document")
    op.drop_column("document", "grams")
    op.drop_column("document", "searched")
    op.drop_column("document", "document_type")

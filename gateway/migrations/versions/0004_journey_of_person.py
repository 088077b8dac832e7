"""Read a page of a person's journeys without reading all the others of that person."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade():
    op.drop_index("journey_of_person", "journey")
    op.create_index("journey_of_person", "journey", ["person", "journey_id"])

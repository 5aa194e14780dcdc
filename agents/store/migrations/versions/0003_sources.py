"""How far a source has been read and when it may be asked again; webhooks that were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0003_sources"
down_revision = "0002_review"


def upgrade() -> None:
    for name in ("tried_at", "read_to", "retry_at"):
        op.add_column("source_state", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "delivery",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "id"),
    )
    op.create_index("ix_delivery_at", "delivery", ["at"], unique=False)

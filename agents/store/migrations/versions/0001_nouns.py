"""The first schema: every noun of agents.models as it stands."""

from alembic import op
from sqlmodel import SQLModel

import agents.models  # noqa: F401  (fills SQLModel.metadata)

revision = "0001_nouns"
down_revision = None


def upgrade() -> None:
    SQLModel.metadata.create_all(op.get_bind())


def downgrade() -> None:
    SQLModel.metadata.drop_all(op.get_bind())

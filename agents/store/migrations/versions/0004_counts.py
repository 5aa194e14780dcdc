"""What the numbers of the sections are counted from, as an index."""

from alembic import op

revision = "0004_counts"
down_revision = "0003_sources"


def upgrade() -> None:
    # Not by status first: a section would then be looked up here, and sorted, where its own index has its order.
    op.create_index("ix_report_counts", "report", ["suppressed", "status", "snooze_condition", "snoozed_until"])

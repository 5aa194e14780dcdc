"""Reviews line by line, what was read, who is looking, notes and links."""

import sqlalchemy as sa
from alembic import op

revision = "0002_review"
down_revision = "0001_nouns"


def upgrade() -> None:
    op.create_table(
        "presence",
        sa.Column("session", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("session"),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("head_sha", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_draft_report_id", "draft", ["report_id"], unique=False)
    op.create_table(
        "link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["report.id"],
        ),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "other_id", "kind", name="uq_link"),
    )
    op.create_index("ix_link_other_id", "link", ["other_id"], unique=False)
    op.create_index("ix_link_report_id", "link", ["report_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_note_report_id", "note", ["report_id"], unique=False)
    op.create_table(
        "seen",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("head_sha", sa.String(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["report.id"],
        ),
        sa.PrimaryKeyConstraint("report_id", "who"),
    )
    op.create_table(
        "change_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("base_sha", sa.String(), nullable=False),
        sa.Column("head_sha", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["change.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("change_id", "head_sha", name="uq_change_version_head"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("head_sha", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"],
            ["change.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_review_change_id", "review", ["change_id"], unique=False)
    op.add_column("report", sa.Column("declined_as", sa.String(), nullable=False, server_default=""))
    op.add_column("report", sa.Column("suppressed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("report", sa.Column("news_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("review_comment", sa.Column("review_id", sa.Integer(), nullable=True))
    op.add_column("review_comment", sa.Column("reply_to", sa.Integer(), nullable=True))
    op.add_column("review_comment", sa.Column("head_sha", sa.String(), nullable=False, server_default=""))
    op.add_column("review_comment", sa.Column("side", sa.String(), nullable=False, server_default="new"))
    op.add_column("review_comment", sa.Column("start_line", sa.Integer(), nullable=True))
    op.add_column("review_comment", sa.Column("quote", sa.Text(), nullable=False, server_default=""))
    op.add_column("change", sa.Column("merge_method", sa.String(), nullable=False, server_default=""))
    op.add_column("journal", sa.Column("batch", sa.String(), nullable=False, server_default=""))
    op.create_index("ix_journal_batch", "journal", ["batch"], unique=False)
    # The order of the list, within a status and over all, so that a first page needs no sort of all reports.
    op.drop_index("ix_report_status_priority", table_name="report")
    order: list[str | sa.TextClause] = [sa.text("coalesce(priority, 9)"), sa.text("last_seen DESC"), "id"]
    op.create_index("ix_report_status_order", "report", ["status", *order])
    op.create_index("ix_report_order", "report", order)
    op.add_column("journal", sa.Column("turns", sa.Integer(), nullable=True))
    op.create_index("ix_journal_turns", "journal", ["turns"], unique=False)

"""Schema migrations with alembic, run when the store is opened and only when they are due."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from agents.store.read import MIGRATIONS, head_revision

_LOCK = 0x4C4F4F50  # "LOOP": the advisory lock on Postgres while a schema is changed


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None


def _upgrade(connection: Connection) -> None:
    head = head_revision()
    if _current(connection) == head:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    current = _current(connection)
    if current is not None and current > head:
        raise RuntimeError(f"This store was written by a newer Loop (schema {current}); update Loop to open it.")
    migrate_to(connection, "head")


def migrate_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    attributes: dict[str, Any] = config.attributes
    attributes["connection"] = connection
    command.upgrade(config, revision)


async def upgrade(engine: AsyncEngine) -> None:
    """Bring the schema up to date.

    Raises:
        RuntimeError: the schema is newer than this program.
    """
    async with engine.connect() as connection:
        if await connection.run_sync(_current) == head_revision():
            return
    async with engine.execution_options(loop_write=True).begin() as connection:
        await connection.run_sync(_upgrade)

"""The store is brought up to date when it is opened, and never down."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlmodel import SQLModel, select

from agents.config import Settings
from agents.models import Report
from agents.services import Services
from agents.store import Store, StoreError
from agents.store.migrate import migrate_to
from agents.store.read import head_revision


async def test_a_new_store_has_every_table_at_the_newest_revision(services: Services) -> None:
    async with services.store.read() as session:
        version = (await session.exec(text("SELECT version_num FROM alembic_version"))).one()  # type: ignore[call-overload]
    assert version[0] == head_revision()


async def test_the_migrated_schema_is_the_one_the_models_say(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite+aiosqlite:///{tmp_path}/a.db")
    await store.close()
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    found = inspect(engine)
    for name, table in SQLModel.metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == {column.name for column in table.columns}
    engine.dispose()


async def test_rows_of_an_older_schema_are_kept(store_setting: str, tmp_path: Path) -> None:
    url = Settings(repo=tmp_path, store=store_setting or f"sqlite:///{tmp_path}/a.db").store_url
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        migrate_to(connection, "0001_nouns")
        connection.execute(
            text(
                "INSERT INTO report (title, kind, status, status_reason, priority_reason, verdict_reason, summary,"
                " sources, signal_count, user_count, weight, first_seen, last_seen, trend, next_trigger, round,"
                " snooze_condition, reproduction, created_at, updated_at) VALUES ('old', 'error', 'review', '', '',"
                " '', '', '[]', 1, 1, 1, :at, :at, '[]', 1, 1, '', '{}', :at, :at)"
            ),
            {"at": "2026-01-01 00:00:00.000000"},
        )
    store = await Store.open(url)
    async with store.read() as session:
        report = (await session.exec(select(Report))).one()
    await store.close()
    engine.dispose()
    assert (report.title, report.suppressed, report.declined_as, report.news_at) == ("old", False, "", None)


async def test_opening_twice_changes_nothing(services: Services) -> None:
    again = await Store.open(services.store.url)
    await again.close()


async def test_a_store_of_a_newer_loop_is_refused_with_the_next_step(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/a.db"
    await (await Store.open(url)).close()
    engine = create_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999_later'"))
    engine.dispose()
    with pytest.raises(StoreError, match="update Loop"):
        await Store.open(url)


async def test_a_store_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("this is not a database, though it is long enough to look at" * 20)
    with pytest.raises(StoreError, match="Cannot open the store"):
        await Store.open(f"sqlite+aiosqlite:///{tmp_path}/a.db")

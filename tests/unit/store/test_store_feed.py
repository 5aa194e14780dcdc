"""Whatever a screen shows leaves a row in the change feed, in the same transaction."""

from __future__ import annotations

import psycopg
import pytest

from agents.models import Finding, Report
from agents.services import Services
from agents.store.read import Reader


async def test_a_write_feeds_the_reports_it_touched(services: Services) -> None:
    async with services.store.write() as session:
        session.add(Report(title="one"))
    reader = Reader(services.settings.store_url)
    seq = reader.version()
    async with services.store.write() as session:
        session.add(Finding(report_id=1, text="a fact"))
    newest, changed = reader.changed(seq)
    reader.close()
    assert changed == {1}
    assert newest > seq


async def test_a_write_that_fails_feeds_nothing(services: Services) -> None:
    reader = Reader(services.settings.store_url)

    async def fail() -> None:
        async with services.store.write() as session:
            session.add(Report(title="lost"))
            await session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert reader.version() == 0
    reader.close()


async def test_reading_what_has_not_changed_gives_nothing(services: Services) -> None:
    reader = Reader(services.settings.store_url)
    assert reader.changed(reader.version()) == (0, set())
    reader.close()


@pytest.mark.postgres
def test_a_reader_whose_connection_was_cut_connects_again(postgres_url: str) -> None:
    reader, other = Reader(postgres_url), Reader(postgres_url)
    cut = reader.value("SELECT pg_backend_pid()")
    other.value("SELECT pg_terminate_backend(:pid)", pid=cut)
    assert reader.value("SELECT 1") == 1
    with pytest.raises(psycopg.errors.UndefinedTable):
        reader.rows("SELECT * FROM nothing_of_that_name")
    reader.close()
    other.close()

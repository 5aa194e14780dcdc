"""Product data asked with SQL: what a model may read of it, and that it may do nothing else."""

from __future__ import annotations

import json
import sqlite3
import time
from datetime import timedelta
from pathlib import Path

import pytest

from agents.harness.llm import product
from agents.harness.llm.desk import Refusal
from agents.harness.llm.product import TABLES, ProductData
from agents.models import Exposure, Meta, Report, Signal, now
from agents.services import Services
from agents.store import Store
from tests.unit.llm.conftest import Desk
from tests.unit.llm.server import call, final


async def fill(store: Store) -> None:
    at = now()
    async with store.write() as session:
        session.add_all([Report(id=1, title="One"), Meta(key="ingest_key", value="s3cret")])
        await session.flush()
        for number in range(300):
            session.add(
                Signal(
                    source="sentry", external_id=str(number), title=f"KeyError {number}", report_id=1, at=at,
                    release="1.1" if number % 3 else "1.0", entities={"transaction": "/pay"},
                    payload={"tags": ["a", "b"]}, user_key=f"u{number % 7}",
                )
            )  # fmt: skip
        session.add_all(
            Exposure(name="requests:/pay", bucket=at - timedelta(minutes=m), release="1.1", count=100 - m)
            for m in range(5)
        )


@pytest.fixture
async def data(services: Services) -> ProductData:
    await fill(services.store)
    return ProductData(services.settings.store_url)


async def test_counts_and_shares_come_out(data: ProductData) -> None:
    by_release = (
        "SELECT release, count(*) AS n, count(DISTINCT user_key) AS users FROM signal GROUP BY release ORDER BY 1"
    )
    assert data.query(by_release) == "release\tn\tusers\n1.0\t100\t7\n1.1\t200\t7"
    assert data.query("SELECT sum(count) FROM exposure WHERE name LIKE 'requests%'").endswith("\n490.0")
    assert data.query("SELECT json_extract(entities, '$.transaction') AS at FROM signal LIMIT 1") == "at\n/pay"
    tags = "SELECT t.value, count(*) FROM signal, json_each(payload, '$.tags') AS t GROUP BY 1"
    assert data.query(tags).splitlines()[1:] == ["a\t300", "b\t300"]
    recent = "WITH recent AS (SELECT * FROM signal WHERE at > datetime('now', '-1 day')) SELECT count(*) FROM recent"
    assert data.query(recent).endswith("\n300")
    assert data.query("SELECT title FROM report").endswith("\nOne")
    data.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT value FROM meta",
        "SELECT value FROM main.meta",
        "SELECT count(*) FROM meta",
        "SELECT 1 FROM signal WHERE EXISTS (SELECT 1 FROM meta)",
        "WITH signal AS (SELECT value FROM meta) SELECT * FROM signal",
        "WITH signal(id) AS (SELECT value FROM main.meta UNION ALL SELECT 1) SELECT id FROM signal",
        "SELECT id FROM signal UNION SELECT value FROM meta",
        "SELECT external_id FROM main.signal",
        "SELECT weight FROM signal",
        "SELECT reproduction FROM main.report",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_temp_master",
        "SELECT * FROM pragma_table_info('meta')",
        "SELECT * FROM pragma_database_list",
        "PRAGMA table_info(meta)",
        "PRAGMA query_only=OFF",
        "DELETE FROM signal",
        "DELETE FROM main.signal",
        "UPDATE main.report SET title = 'x'",
        "INSERT INTO report(title) VALUES ('x')",
        "CREATE TABLE x(y)",
        "CREATE TEMP VIEW x AS SELECT value FROM meta",
        "DROP VIEW signal",
        "ATTACH '/etc/passwd' AS x",
        "VACUUM INTO '/tmp/copy.db'",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT readfile('/etc/passwd')",
        "SELECT 1; DELETE FROM signal",
        "BEGIN IMMEDIATE",
        "EXPLAIN SELECT value FROM meta",
        "SELECT zeroblob(1000000000)",
        "SELECT 'a\ud800'",
        "SELECT 1\0",
        "",
        "nonsense",
    ],
)
async def test_all_else_is_refused(data: ProductData, sql: str) -> None:
    with pytest.raises(Refusal) as error:
        data.query(sql)
    assert "s3cret" not in str(error.value)
    assert str(error.value).endswith(".")
    assert data.query("SELECT count(*) FROM signal").endswith("\n300")
    data.close()


async def test_no_column_of_the_ingest_key_is_among_the_tables() -> None:
    assert set(TABLES) == {"signal", "exposure", "report"}


async def test_rows_and_values_are_bounded(data: ProductData) -> None:
    rows = data.query("SELECT id FROM signal").splitlines()
    assert len(rows) == 202
    assert rows[-1].startswith("(more than 200 rows")
    assert len(data.query("SELECT hex(zeroblob(5000)) AS x")) < 2_100
    assert data.query("SELECT 'a' || char(10) || char(27) || '[31m' AS x").count("\n") == 1
    assert "\x1b" not in data.query("SELECT char(27) AS x")
    data.close()


async def test_time_is_bounded(data: ProductData, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(product, "_SECONDS", 0.1)
    began = time.monotonic()
    with pytest.raises(Refusal, match="took longer than"):
        data.query("SELECT count(*) FROM signal a, signal b, signal c, signal d")
    assert time.monotonic() - began < 3
    data.close()


def test_a_store_that_is_not_there_has_no_data(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no product data"):
        ProductData(f"sqlite+aiosqlite:///{tmp_path / 'none.db'}").query("SELECT 1")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 100)
    for url in (f"sqlite+aiosqlite:///{tmp_path / 'broken.db'}", "postgresql+psycopg://x@127.0.0.1:1/none"):
        with pytest.raises(Refusal, match=r"cannot be read: .*\."):
            ProductData(url).query("SELECT 1")


async def test_a_model_asks_and_reads_the_rows_as_data(desk: Desk) -> None:
    desk.settings.ensure_state()
    store = await Store.open(desk.settings.store_url)
    await fill(store)
    await store.close()
    desk.server.answers = [
        call("query", sql="SELECT release, count(*) AS n FROM signal GROUP BY 1"),
        call("query", sql="SELECT * FROM meta"),
        final(why_none="No."),
    ]
    await desk.harness.propose(desk.brief)
    results = [str(message["content"]) for message in desk.server.seen[-1]["messages"] if message["role"] == "tool"]
    assert "1.1\t200" in results[0]
    assert results[0].startswith("<data-")
    assert "prohibited" in results[1]
    assert "s3cret" not in json.dumps(desk.server.seen)
    assert sqlite3.connect(desk.settings.state / "loop.db").execute("SELECT count(*) FROM signal").fetchone() == (300,)

"""What a compose file says of services, and what is said where there is no engine for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agents.config import SandboxSettings, load
from agents.sandbox import SandboxError
from agents.sandbox.choose import provider
from agents.sandbox.compose import offered, parse, read
from agents.setup import write_config

Make = Callable[..., Path]

COMPOSE = """
services:
  app:
    build: .
    depends_on: [db]
  db:
    image: postgres:${PG_VERSION:-16}
    environment:
      POSTGRES_PASSWORD: ${DB_PASSWORD:-secret}
      POSTGRES_DB: shop
      HOST_HOME: ${HOME}
      PRICE: $$5
    ports: ["127.0.0.1:15432:5432", "5433:5433/udp", {target: 5434}]
    volumes: ["./data:/var/lib/postgresql/data"]
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U $${POSTGRES_USER:-postgres}"]
      start_period: 1m30s
  cache:
    image: redis
    command: redis-server --appendonly "no thanks"
    environment: [A=1, "B=x=y", C]
    expose: ["6379"]
    healthcheck: {test: redis-cli ping}
  mail:
    image: mailhog
    healthcheck: {disable: true}
"""


def test_services_are_read_as_compose_would() -> None:
    db, cache, mail = parse(COMPOSE, "compose.yaml", ["db", "cache", "mail"])
    assert (db.image, db.ports, db.patience, db.command) == ("postgres:16", (5432, 5434), 90.0, None)
    assert db.health == ["CMD-SHELL", "pg_isready -U ${POSTGRES_USER:-postgres}"]
    assert db.env["POSTGRES_PASSWORD"] == "secret"
    assert db.env["PRICE"] == "$5"
    assert db.env["HOST_HOME"] == ""  # nothing of the host's environment
    assert cache.command == ["redis-server", "--appendonly", "no thanks"]
    assert cache.env == {"A": "1", "B": "x=y", "C": ""}
    assert (cache.ports, cache.health) == ((6379,), ["CMD-SHELL", "redis-cli ping"])
    assert mail.health == ["NONE"]


@pytest.mark.parametrize(
    ("text", "name", "hint"),
    [
        (COMPOSE, "queue", "has no service 'queue'.*app, db, cache, mail"),
        (COMPOSE, "app", "is built, not an image"),
        ("services: {db: {image: x, environment: 5}}", "db", "cannot be read"),
        ("services: [", "db", "not valid YAML"),
        ("- 1", "db", "it has: none"),
    ],
)
def test_what_cannot_be_started_is_told_with_the_next_step(text: str, name: str, hint: str) -> None:
    with pytest.raises(SandboxError, match=hint):
        parse(text, "compose.yaml", [name])


async def test_the_file_is_that_of_the_last_commit(make_repo: Make) -> None:
    repo = make_repo({"docker-compose.yml": COMPOSE})
    (repo / "docker-compose.yml").write_text("services: {}")
    assert [service.name for service in await read(repo, ["cache"])] == ["cache"]
    with pytest.raises(SandboxError, match=r"No compose\.yaml is committed for the services db"):
        await read(make_repo({}, name="other"), ["db"])


@pytest.mark.parametrize("kind", ["bubblewrap", "none"])
async def test_without_an_engine_services_are_refused_in_a_sentence(kind: str, project: Path) -> None:
    found = await provider(kind, SandboxSettings(services=["db"]), project).check()
    assert not found.ok
    assert "services db run in Docker alone" in found.detail
    assert "take `services` out" in found.remedy


async def test_init_offers_what_is_an_image_without_choosing_it(make_repo: Make) -> None:
    assert offered(COMPOSE) == ["db", "cache", "mail"]
    assert offered("services: [") == []
    repo = make_repo({"compose.yaml": COMPOSE})
    text = (await write_config(repo)).read_text()
    assert '# services = ["db", "cache", "mail"]' in text
    assert load(repo).sandbox.services == []
    (repo / "loop.toml").write_text(text.replace("# services =", "services ="))
    assert load(repo).sandbox.services == ["db", "cache", "mail"]

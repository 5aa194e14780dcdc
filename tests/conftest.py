"""Fixtures that every layer shares: stores on both databases, real git repositories."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import venv
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from agents.config import Settings
from agents.repository import Repository
from agents.services import Services
from agents.store import Store

GIT_ENV = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Dev",
    "GIT_AUTHOR_EMAIL": "dev@example.com",
    "GIT_COMMITTER_NAME": "Dev",
    "GIT_COMMITTER_EMAIL": "dev@example.com",
}


def pytest_configure() -> None:
    """A run in a script's background ignores Ctrl-C, and so would every program that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def git(folder: Path, *args: str) -> str:
    """Run git in a folder as a person would."""
    done = subprocess.run(
        ["git", *args], cwd=folder, env={**os.environ, **GIT_ENV}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@cache
def plain_python() -> str:
    """An interpreter with nothing installed, for sandboxes: pytest starts there in a ninth of the time."""
    folder = Path(tempfile.mkdtemp(prefix="loop-python-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    venv.create(folder, with_pip=False)
    return str(folder / "bin" / "python")


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., Path]:
    """A function that makes a git repository of `files` with one commit on main."""

    def make(files: dict[str, str], name: str = "project") -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "-b", "main")
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        git(folder, "add", "-A")
        git(folder, "commit", "-q", "-m", "Start", "--allow-empty")
        return folder

    return make


def _postgres_tools() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A private Postgres cluster on a Unix socket; gives the URL of its server, without a database."""
    tools = _postgres_tools()
    if tools is None:
        pytest.fail("no Postgres server is installed: apt-get install postgresql")
    # The socket's path must be short, and the server refuses to run as root.
    folder = Path("/tmp") / f"loop-pg-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    prefix: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        prefix = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = {"check": True, "capture_output": True, "cwd": "/"}
    subprocess.run([*prefix, str(tools / "initdb"), "-D", f"{folder}/data", "-A", "trust", "-N", "-U", "loop"], **run)
    options = f"-k {folder} -p {port} -c listen_addresses='' -c fsync=off -c max_connections=60"
    start = [
        *prefix,
        str(tools / "pg_ctl"),
        "-D",
        f"{folder}/data",
        "-w",
        "-l",
        f"{folder}/log",
        "-o",
        options,
        "start",
    ]
    subprocess.run(start, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"postgresql://loop@/{{database}}?host={folder}&port={port}"
    finally:
        stop = [*prefix, str(tools / "pg_ctl"), "-D", f"{folder}/data", "-m", "immediate", "stop"]
        subprocess.run(stop, check=False, cwd="/", capture_output=True)
        time.sleep(0.1)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh, empty database."""
    import psycopg

    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server.format(database="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return postgres_server.format(database=name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_setting(request: pytest.FixtureRequest) -> str:
    """What `store` in loop.toml says: both databases, one after the other."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
async def services(make_repo: Callable[..., Path], store_setting: str) -> AsyncIterator[Services]:
    """Services on a small repository, on either database."""
    repo = make_repo({"README.md": "A project.\n"})
    settings = Settings(repo=repo, store=store_setting)
    settings.ensure_state()
    store = await Store.open(settings.store_url)
    yield Services(settings, store, Repository(repo))
    await store.close()

"""Setting a project up: writing `loop.toml`, and finding out what works on this machine."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tomlkit

from agents import interpreter
from agents.basics import ConfigError
from agents.config import Settings, load
from agents.models import Json
from agents.propose.detect import detect_commands
from agents.repository import GitError, Repository
from agents.sandbox import compose
from agents.sandbox import recipe as recipes


async def write_config(repo: Path, *, force: bool = False) -> Path:
    """Write `loop.toml` from what the repository shows.

    Raises:
        ConfigError: there is one already, or the repository cannot be read.
    """
    path = repo / "loop.toml"
    if path.exists() and not force:
        raise ConfigError(f"{path} exists already; edit it, or replace it with --force.")
    repository = Repository(repo)
    try:
        base = await repository.base_branch()
        async with _exported(repository, base) as tree:
            commands = detect_commands(tree)
            recipe = next((path for path in recipes.USUAL if (tree / path).is_file()), "")
            services = _services(tree)
    except GitError as error:
        raise ConfigError(str(error)) from error
    document = tomlkit.document()
    document.add(tomlkit.comment("Loop's settings for this repository. Secrets belong in the environment, never here."))
    document["name"] = repo.name
    document["base"] = base
    sandbox = tomlkit.table()
    sandbox.add(tomlkit.comment('kind: "docker", "bubblewrap", "none", or "auto" for the first that works'))
    sandbox["kind"] = "auto"
    if recipe:
        sandbox.add(
            tomlkit.comment("Remove the # to build Docker's image from this. That runs commands of the repository,")
        )
        sandbox.add(tomlkit.comment("in a container and with network; after that there is no network."))
        sandbox.add(tomlkit.comment(f"build = {tomlkit.item(recipe).as_string()}"))
    if services:
        sandbox.add(
            tomlkit.comment("Remove the # to start these of the compose file beside each run of tests (Docker only).")
        )
        sandbox.add(tomlkit.comment(f"services = {tomlkit.item(services).as_string()}"))
    document["sandbox"] = sandbox
    for section, note in (
        ("tests", "run on every candidate change; empty: none is known"),
        ("ci", "run on each change before a person sees it; empty: workflows, tox, nox, make, npm, else the tests"),
    ):
        table = tomlkit.table()
        table["command"] = tomlkit.item(commands[section]).comment(note)
        document[section] = table
    path.write_text(tomlkit.dumps(document), encoding="utf-8")
    load(repo).ensure_state()
    return path


def _services(tree: Path) -> list[str]:
    """What the compose file could start beside the tests."""
    found = next((tree / name for name in compose.USUAL if (tree / name).is_file()), None)
    return compose.offered(found.read_text(encoding="utf-8", errors="replace")) if found else []


@asynccontextmanager
async def _exported(repository: Repository, base: str) -> AsyncIterator[Path]:
    """The base as files, for as long as they are looked at."""
    folder = Path(tempfile.mkdtemp(prefix="loop-setup-"))
    try:
        base = await repository.base_branch(base)
        yield await repository.export(await repository.resolve(base) or base, folder / "tree")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _row(name: str, ok: bool, detail: str, remedy: str = "", *, needed: bool = True) -> Json:
    return {"name": name, "ok": ok, "detail": detail, "remedy": remedy, "needed": needed}


async def examine(settings: Settings) -> list[Json]:
    """What works here: rows of {name, ok, detail, remedy, needed}."""
    why = interpreter.trouble() if settings.store_url.startswith("sqlite") else ""
    rows = [_row("python", not why, sys.version.split()[0], why)]
    rows += await _repository(settings)
    rows.append(await _store(settings))
    rows += await _sandboxes(settings)
    thinking = [*await _llm(settings), *await _acp(settings)]
    return [*rows, *thinking, *await _sources(settings), *await _commands(settings)]


async def _sources(settings: Settings) -> list[Json]:
    """Whether each tracker's key is good and may read what it is to read."""
    from agents.collect import SourceError
    from agents.collect.registry import trackers

    rows = []
    for tracker in trackers(settings):
        try:
            rows.append(_row(tracker.name, True, await tracker.check()))
        except SourceError as error:
            why, _, remedy = str(error).partition("; ")
            rows.append(_row(tracker.name, False, why, remedy, needed=False))
    return rows


async def _commands(settings: Settings) -> list[Json]:
    """What will test and check a change."""
    from agents.propose.ci import checks_of

    tests, checks = settings.tests.command, []
    try:
        async with _exported(Repository(settings.repo), settings.base) as tree:
            tests = tests or detect_commands(tree)["tests"]
            checks = checks_of(settings, tree)
    except GitError:
        pass  # told in the row of git already
    known = [check.name if check.command != settings.ci.command else check.command for check in checks if check.command]
    remedy = "set [{}] command in loop.toml"
    return [
        _row("tests", bool(tests), tests or "none are found", remedy.format("tests"), needed=False),
        _row("ci", bool(known), ", ".join(known) or "none is found", remedy.format("ci"), needed=False),
    ]


async def _repository(settings: Settings) -> list[Json]:
    repository = Repository(settings.repo)
    try:
        version = (await repository.git("version")).removeprefix("git version ")
        base = await repository.base_branch(settings.base)
    except GitError as error:
        return [_row("git", False, str(error), "commit something, or set `base` in loop.toml")]
    return [_row("git", True, version), _row("base", True, f"changes are merged into {base}")]


async def _store(settings: Settings) -> Json:
    from agents.store import Store, StoreError

    kind = settings.store_url.split("+")[0]
    try:
        settings.ensure_state()
        await (await Store.open(settings.store_url)).close()
    except (StoreError, OSError) as error:
        return _row("store", False, str(error), "check `store` in loop.toml and that the folder can be written")
    return _row("store", True, kind)


async def _llm(settings: Settings) -> list[Json]:
    """Whether the model answers, where a stage asks one."""
    asked, needed = _asked(settings, "llm")
    if not asked:
        return []
    from agents.harness.llm.doctor import answers

    ok, detail = await answers(settings.llm)
    return [_row("llm", ok, detail, "see [llm] in loop.toml", needed=needed)]


async def _acp(settings: Settings) -> list[Json]:
    """Whether the agent starts and its model answers, where a stage asks one."""
    asked, needed = _asked(settings, "acp")
    if not asked:
        return []
    from agents.harness.acp.doctor import answers

    ok, detail = await answers(settings)
    return [_row("acp", ok, detail, "see [acp] in loop.toml, and `loop agents`", needed=needed)]


def _asked(settings: Settings, name: str) -> tuple[bool, bool]:
    """Whether a stage asks a harness, and whether one has none after it."""
    chosen = [settings.harness.chosen(stage) for stage in ("investigate", "propose", "review")]
    return any(name in names for names in chosen), any(names[-1] == name for names in chosen)


async def _sandboxes(settings: Settings) -> list[Json]:
    from agents.sandbox.choose import survey

    found = await survey(settings.sandbox, settings.repo)
    wanted: Any = settings.sandbox.kind
    isolating = [entry for entry in found if entry.kind != "none"]
    some = any(entry.ok for entry in isolating)
    rows = []
    for entry in isolating:
        needed = entry.kind == wanted or (wanted == "auto" and not some)
        rows.append(_row(entry.kind, entry.ok, entry.detail, entry.remedy, needed=needed))
    return rows

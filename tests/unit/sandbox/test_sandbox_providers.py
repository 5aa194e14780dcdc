"""Choosing a kind, finding an interpreter, building an environment once, and cleaning up after the dead."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from agents.config import SandboxSettings
from agents.sandbox import SandboxError, SandboxProvider, Source
from agents.sandbox.bare import BareProvider
from agents.sandbox.choose import choose, provider, survey
from agents.sandbox.dependencies import dependency_files
from agents.sandbox.image import context, tag
from agents.sandbox.interpreter import configured, inspect
from agents.sandbox.owner import lives, me, project_key
from agents.sandbox.plugins import unasked


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with neither an engine nor bubblewrap."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing")
async def test_without_any_sandbox_the_error_says_what_to_do_and_comes_quickly(project: Path) -> None:
    started = time.monotonic()
    with pytest.raises(SandboxError) as caught:
        await choose(SandboxSettings(), project)
    assert time.monotonic() - started < 1
    for hint in ("start Docker", "install bubblewrap", "--sandbox none"):
        assert hint in str(caught.value)


@pytest.mark.usefixtures("nothing")
@pytest.mark.parametrize(("asked", "hint"), [("docker", "start Docker"), ("bubblewrap", "apt install bubblewrap")])
async def test_a_kind_that_is_asked_for_is_never_replaced(project: Path, asked: str, hint: str) -> None:
    with pytest.raises(SandboxError, match=hint):
        await choose(SandboxSettings.model_validate({"kind": asked}), project)


@pytest.mark.usefixtures("nothing")
async def test_none_is_used_when_asked_for_and_says_that_it_isolates_nothing(project: Path) -> None:
    chosen = await choose(SandboxSettings(kind="none"), project)
    assert chosen.kind == "none"
    found = {each.kind: each for each in await survey(SandboxSettings(), project)}
    assert {kind: each.ok for kind, each in found.items()} == {"docker": False, "bubblewrap": False, "none": True}
    assert "no isolation" in found["none"].detail
    assert all(each.remedy for each in found.values() if not each.ok)


async def test_an_engine_that_does_not_speak_is_no_engine(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    found = await provider("docker", SandboxSettings(), project).check()
    assert not found.ok
    assert "127.0.0.1:1" in found.detail


async def test_the_interpreter_is_the_configured_one_then_the_repositorys_then_the_active_then_loops(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    assert configured(SandboxSettings(), project) == Path(sys.executable)
    for folder in (tmp_path / "active", project / "venv"):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/python").symlink_to(sys.executable)
        monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
        assert configured(SandboxSettings(), project) == folder.resolve() / "bin/python"
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/python").symlink_to(sys.executable)
    assert configured(SandboxSettings(), project) == project.resolve() / ".venv/bin/python"
    assert configured(SandboxSettings(python="env/bin/python"), project) == project.resolve() / "env/bin/python"
    assert configured(SandboxSettings(python="/usr/bin/python3"), project) == Path("/usr/bin/python3")


async def test_an_interpreter_that_does_not_run_is_named(project: Path) -> None:
    for python in ("/bin/false", "/nowhere/python"):
        found = await provider("none", SandboxSettings(python=python), project).check()
        assert not found.ok
        assert python in found.detail
        assert "`python` under [sandbox]" in found.detail


async def test_prefixes_of_an_interpreter_are_narrow() -> None:
    found = await inspect(Path(sys.executable))
    assert found.has_pytest
    assert Path(sys.prefix) in found.folders or sys.prefix.startswith("/usr")
    assert not any(Path.home().is_relative_to(folder) for folder in found.folders)


@pytest.mark.parametrize("kind", ["none", "bubblewrap"])
async def test_an_environment_without_pytest_gets_loops_own(kind: str, make: object, project: Path, tree: Path) -> None:
    assert callable(make)
    import venv

    await asyncio.to_thread(venv.create, project / ".venv", symlinks=True)
    chosen: SandboxProvider = make()
    async with await chosen.open(Source(tree)) as sandbox:
        found = await sandbox.run([sandbox.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_cart.py"])
        assert "1 passed" in found.stdout, found.log
        found = await sandbox.run([sandbox.python, "-c", "import sys; print(sys.prefix)"])
        assert found.stdout.strip() == str(project.resolve() / ".venv")
        # It is compiled already: the sandbox cannot write bytecode, and would compile it for each run.
        code = "import _pytest.config as c, os; print(os.path.exists(c.__cached__))"
        assert (await sandbox.run([sandbox.python, "-c", code])).stdout == "True\n"


@pytest.mark.parametrize(("requirements", "loaded"), [("", False), ("httpx\nanyio>=4\n", True)])
@pytest.mark.parametrize("kind", ["none", "bubblewrap"])
async def test_plugins_that_came_with_loop_are_loaded_only_where_the_project_names_them(
    kind: str, requirements: str, loaded: bool, make: object, project: Path, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(make)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (project / "requirements.txt").write_text(requirements)
    (tree / "test_plugins.py").write_text(
        f"import sys\n\n\ndef test_loaded():\n    assert ('anyio.pytest_plugin' in sys.modules) is {loaded}\n"
    )
    chosen: SandboxProvider = make()
    async with await chosen.open(Source(tree)) as sandbox:
        assert sandbox.python == sys.executable
        found = await sandbox.run([sandbox.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_plugins.py"])
        assert "1 passed" in found.stdout, found.log
    assert ("anyio" in (await chosen.check()).detail) is not loaded


def test_a_plugin_is_asked_for_by_its_package_a_marker_or_a_setting(project: Path) -> None:
    assert {"anyio", "asyncio", "respx"} <= set(unasked(project))
    (project / "pyproject.toml").write_text('[tool.pytest.ini_options]\nasyncio_mode = "auto"\n')
    assert "asyncio" not in unasked(project)
    (project / "tests").mkdir()
    (project / "tests/test_a.py").write_text("import pytest\n\npytestmark = pytest.mark.anyio\n# not a respxy word\n")
    left = unasked(project)
    assert "anyio" not in left
    assert "respx" in left
    assert unasked(project, root="no-such-package") == []


def test_only_files_about_dependencies_reach_setup(project: Path) -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "pyproject.toml", "uv.lock", "secrets.env", "app.py"):
        (project / name).write_text(name)
    (project / "setup.py").symlink_to("/etc/passwd")
    assert set(dependency_files(project)) == {"requirements.txt", "requirements-dev.txt", "pyproject.toml", "uv.lock"}


def test_the_image_is_named_by_what_goes_into_it(project: Path) -> None:
    def name(**settings: object) -> str:
        found = SandboxSettings.model_validate(settings)
        return tag(found, context(found, project))

    plain = name()
    assert plain == name(memory_mb=7)
    (project / "requirements.txt").write_text("one\n")
    assert plain == name()
    with_setup = name(setup=["pip install -r requirements.txt"])
    (project / "requirements.txt").write_text("two\n")
    (project / "ca.pem").write_text("certificate")
    others = [name(setup=["pip install -r requirements.txt"]), name(base="other"), name(index_url="https://x")]
    assert len({plain, with_setup, name(ca_bundle="ca.pem"), *others}) == 6


def test_certificates_that_are_not_there_are_an_error(project: Path) -> None:
    with pytest.raises(SandboxError, match="ca_bundle"):
        context(SandboxSettings(ca_bundle="missing.pem"), project)


def test_a_process_is_told_from_another_with_its_pid() -> None:
    assert lives(me())
    pid, _, start = me().partition("-")
    assert not lives(f"{pid}-{int(start) + 1}")
    for token in ("", "x", "1", "-", "99999999-1", f"{pid}-"):
        assert not lives(token)


async def test_the_reaper_takes_what_the_dead_left_and_nothing_else(project: Path, tree: Path) -> None:
    bare = BareProvider(SandboxSettings(), project)
    left = Path(tempfile.gettempdir(), f"loop-{project_key(project)}-99999999-1-abc")
    (left / "tree").mkdir(parents=True)
    other = Path(tempfile.gettempdir(), f"loop-{project_key(project / 'other')}-99999999-1-abc")
    other.mkdir()
    try:
        async with await bare.open(Source(tree)) as sandbox:
            assert await bare.reap() == 1
            assert not left.exists()
            assert other.exists()
            assert (await sandbox.run(["ls", "run.sh"])).ok
    finally:
        other.rmdir()


@pytest.mark.parametrize("kind", ["none", "bubblewrap"])
async def test_nothing_is_left_when_the_owner_is_killed(kind: str, make: object, project: Path, tree: Path) -> None:
    code = (
        "import asyncio, sys\nfrom pathlib import Path\nfrom agents.config import SandboxSettings\n"
        "from agents.sandbox import Source\nfrom agents.sandbox.choose import provider\n"
        "async def main():\n"
        f"    chosen = provider({kind!r}, SandboxSettings(), Path({str(project)!r}))\n"
        f"    box = await chosen.open(Source(Path({str(tree)!r})))\n"
        "    task = asyncio.create_task(box.run(['sleep', '4711.5']))\n"
        "    await asyncio.sleep(0.3)\n    print('ready', flush=True)\n    await task\n"
        "asyncio.run(main())\n"
    )
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"ready\n"
    assert _sleepers()
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    for _ in range(100):
        left = list(Path(tempfile.gettempdir()).glob(f"loop-{project_key(project)}-*"))
        if not left and not _sleepers():
            break
        await asyncio.sleep(0.05)
    assert not left
    assert not _sleepers()


def _sleepers() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes() == b"sleep\x004711.5\x00":
                found.append(path.parent.name)
        except OSError:
            continue
    return found

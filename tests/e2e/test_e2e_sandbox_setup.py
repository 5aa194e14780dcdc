"""Environments that setup commands build: real interpreters, several seconds each."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.config import SandboxSettings
from agents.sandbox import SandboxError, SandboxProvider, Source
from agents.sandbox.bare import BareProvider
from agents.sandbox.choose import provider

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    return root


@pytest.mark.parametrize("kind", ["none", "bubblewrap"])
async def test_setup_builds_an_environment_once(kind: str, project: Path, tree: Path) -> None:
    if not (found := await provider(kind, SandboxSettings(), project).check()).ok:
        pytest.skip(found.detail)
    (project / "requirements.txt").write_text("one\n")
    code = "import site; open(site.getsitepackages()[0] + '/built.py', 'w').write(open('requirements.txt').read())"
    command = f'python -c "{code}"'
    for text in ("word = 1\n", "word = 2\n"):
        (project / "requirements.txt").write_text(text)
        for _ in range(2):
            chosen: SandboxProvider = provider(kind, SandboxSettings(setup=[command]), project)
            async with await chosen.open(Source(tree)) as sandbox:
                found = await sandbox.run([sandbox.python, "-c", "import built, pytest; print('word =', built.word)"])
                assert found.stdout == text, found.log
    built = [path for path in (project / ".loop/env").iterdir() if (path / ".ready").exists()]
    assert len(built) == 2
    if kind == "bubblewrap":
        async with await provider(kind, SandboxSettings(setup=[command]), project).open(Source(tree)) as sandbox:
            found = await sandbox.run([sandbox.python, "-c", "import built; open(built.__file__, 'w')"])
            assert "Read-only file system" in found.stderr


async def test_a_setup_command_that_fails_is_named_with_its_last_words(project: Path, tree: Path) -> None:
    broken = BareProvider(SandboxSettings(setup=["echo no such package >&2; false"]), project)
    with pytest.raises(SandboxError, match=r"no such package.*Mend `setup`"):
        await broken.open(Source(tree))

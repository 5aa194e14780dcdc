"""Images built from a repository's own recipe: built once, offline afterwards, old ones removed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.config import SandboxSettings
from agents.sandbox import SandboxError, Source
from agents.sandbox.docker import DockerProvider
from agents.sandbox.owner import project_key
from tests.conftest import git

pytestmark = pytest.mark.docker

BASE = os.environ.get("LOOP_SANDBOX__BASE", SandboxSettings().base)


@pytest.fixture
def repo(make_repo: Callable[..., Path], client: Any) -> Iterator[Path]:
    """A repository with a Dockerfile; the images of it are removed."""
    dockerfile = (
        f"FROM {BASE}\nCOPY app.py requirements.txt /srv/\nRUN date +%s%N >/srv/built\nENV FROM_IMAGE=1\n"
        'ENTRYPOINT ["false"]\n'
    )
    files = {"Dockerfile": dockerfile, "app.py": "x = 1\n", "requirements.txt": "one\n"}
    files[".devcontainer/devcontainer.json"] = (
        '{"build": {"dockerfile": "../Dockerfile", "context": ".."}, // here\n'
        ' "containerEnv": {"FROM_DEVCONTAINER": "1"}, "postCreateCommand": "cp requirements.txt /srv/created"}'
    )
    made = make_repo(files)
    yield made
    for _ in range(2):
        for image in client.images.list(filters={"label": f"loop.project={project_key(made)}"}):
            for name in image.tags:
                client.images.remove(name, force=True)


def images(client: Any, repo: Path) -> int:
    found = client.images.list(name="loop-sandbox", filters={"label": f"loop.project={project_key(repo)}"})
    return len(found)


async def said(repo: Path, command: str, **settings: object) -> str:
    provider = DockerProvider(SandboxSettings.model_validate({"base": "no-such", **settings}), repo)
    async with await provider.open(Source(repo)) as sandbox:
        found = await sandbox.run(["sh", "-c", command])
        assert found.ok, found.log
        return found.stdout


async def test_a_dockerfile_is_built_once_and_again_when_dependencies_change(client: Any, repo: Path) -> None:
    command = "cat /srv/built && test -f /srv/app.py && test $FROM_IMAGE$MINE = 12 && python3 -m pytest --version"
    first = await said(repo, command, build="Dockerfile", env={"MINE": "2"})
    (repo / "app.py").write_text("x = 2\n")
    git(repo, "commit", "-qam", "Code")
    assert await said(repo, command, build="Dockerfile", env={"MINE": "2"}) == first
    (repo / "requirements.txt").write_text("two\n")
    git(repo, "commit", "-qam", "Dependencies")
    assert await said(repo, command, build="Dockerfile", env={"MINE": "2"}) != first
    assert images(client, repo) == 2


async def test_a_devcontainer_is_built_and_set_up(client: Any, repo: Path) -> None:
    path = ".devcontainer/devcontainer.json"
    assert await said(repo, "cat /srv/created; echo $FROM_DEVCONTAINER", build=path) == "one\n1\n"
    assert f"from {path}" in (await DockerProvider(SandboxSettings(build=path), repo).check()).detail


async def test_old_images_of_the_repository_are_removed_and_no_others(client: Any, repo: Path) -> None:
    before = {image.id for image in client.images.list()}
    client.images.get(BASE).tag("kept-by-a-person", "1")
    try:
        for number in range(4):
            await said(repo, "true", build="Dockerfile", keep_images=2, setup=[f"echo {number}"])
        assert images(client, repo) == 2
        assert before <= {image.id for image in client.images.list()}
        assert client.images.get("kept-by-a-person:1")
    finally:
        client.images.remove("kept-by-a-person:1")


async def test_a_recipe_that_fails_is_told_with_its_last_words(client: Any, repo: Path) -> None:
    (repo / "Dockerfile").write_text(f"FROM {BASE}\nRUN echo no such tool; exit 9\n")
    git(repo, "commit", "-qam", "Broken")
    with pytest.raises(SandboxError, match=r"no such tool.*build it by hand"):
        await said(repo, "true", build="Dockerfile")

"""What a repository's Dockerfile or devcontainer.json says, read from its last commit."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.config import SandboxSettings, load
from agents.sandbox import SandboxError
from agents.sandbox.image import context as image_context
from agents.sandbox.recipe import context, read
from agents.setup import write_config
from tests.conftest import git

Make = Callable[..., Path]

DEVCONTAINER = """// For format details, see https://aka.ms/devcontainer.json.
{
  "name": "shop", /* a comment, with "quotes" */
  "build": {"dockerfile": "Dockerfile", "context": "..", "args": {"VARIANT": "3.12"}, "target": "dev",},
  "containerEnv": {"SHOP_URL": "http://localhost//shop", "HERE": "${containerWorkspaceFolder}"},
  "features": {"ghcr.io/devcontainers/features/node:1": {}},
  "onCreateCommand": ["pip", "install", "a b"],
  "postCreateCommand": {"deps": "pip install -r requirements.txt", "more": ["true"]},
}
"""


async def test_a_devcontainer_is_read_with_comments_and_trailing_commas(make_repo: Make) -> None:
    files = {".devcontainer/devcontainer.json": DEVCONTAINER, ".devcontainer/Dockerfile": "FROM x\n"}
    found = await read(make_repo(files), ".devcontainer/devcontainer.json")
    assert (found.image, found.dockerfile, found.context, found.target) == ("", "FROM x\n", "", "dev")
    assert found.args == {"VARIANT": "3.12"}
    assert found.env == {"SHOP_URL": "http://localhost//shop"}
    assert found.commands == ("pip install 'a b'", "pip install -r requirements.txt", "true")
    assert found.left_out == ("features",)


async def test_a_devcontainer_with_an_image_builds_nothing_of_the_repositorys(make_repo: Make) -> None:
    found = await read(make_repo({".devcontainer.json": '{"image": "python:3.13"}'}), ".devcontainer.json")
    assert (found.image, found.dockerfile, found.commands) == ("python:3.13", "", ())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('{"dockerComposeFile": "compose.yaml"}', "services"),
        ('{"name": "x"}', "neither an image nor a Dockerfile"),
        ("{", "not valid JSON"),
        ("[]", "does not describe"),
        ('{"build": {"dockerfile": "Missing"}}', "no .devcontainer/Missing in the last commit"),
        ('{"build": {"dockerfile": "../../etc/passwd"}}', "outside the repository"),
        ('{"build": {"dockerfile": "devcontainer.json", "context": "../.."}}', "outside the repository"),
    ],
)
async def test_what_cannot_be_built_is_told_with_the_next_step(make_repo: Make, text: str, hint: str) -> None:
    repo = make_repo({".devcontainer/devcontainer.json": text})
    with pytest.raises(SandboxError, match=hint) as caught:
        await read(repo, ".devcontainer/devcontainer.json")
    assert "loop.toml" in str(caught.value)


async def test_the_key_follows_the_recipe_and_dependencies_and_nothing_else(make_repo: Make) -> None:
    files = {"docker/Dockerfile": "FROM x\n", "docker/entry.sh": "true\n", "app.py": "", "requirements.txt": "one\n"}
    repo = make_repo(files)
    keys = [(await read(repo, "docker/Dockerfile")).key]
    for path in ("app.py", "requirements.txt", "docker/entry.sh", "docker/Dockerfile"):
        (repo / path).write_text(f"# changed {path}\n")
        git(repo, "commit", "-qam", path)
        keys.append((await read(repo, "docker/Dockerfile")).key)
    assert keys[0] == keys[1]
    assert len(set(keys)) == 4


async def test_what_is_not_committed_never_reaches_a_build(make_repo: Make) -> None:
    repo = make_repo({"Dockerfile": "FROM x\n", "app.py": "x = 1\n"})
    (repo / ".env").write_text("KEY=hunter2\n")
    (repo / "Dockerfile").write_text("FROM changed\n")
    found = await read(repo, "Dockerfile")
    with tarfile.open(fileobj=io.BytesIO(await context(repo, found))) as archive:
        assert sorted(archive.getnames()) == ["Dockerfile", "app.py"]
    assert found.dockerfile == "FROM x\n"


async def test_lifecycle_commands_run_before_setup_and_see_dependency_files(make_repo: Make) -> None:
    text = '{"image": "x", "postCreateCommand": "first"}'
    repo = make_repo({".devcontainer.json": text, "requirements.txt": "one\n"})
    files = image_context(SandboxSettings(setup=["second"]), repo, await read(repo, ".devcontainer.json"))
    assert files["loop/setup.sh"] == b"first\nsecond\n"
    assert files["loop/project/requirements.txt"] == b"one\n"


async def test_init_offers_the_recipe_without_choosing_it(make_repo: Make) -> None:
    repo = make_repo({".devcontainer/devcontainer.json": '{"image": "x"}', "Dockerfile": "FROM x\n"})
    text = (await write_config(repo)).read_text()
    assert '# build = ".devcontainer/devcontainer.json"' in text
    assert "commands of the repository" in text
    assert load(repo).sandbox.build == ""
    (repo / "loop.toml").write_text(text.replace("# build =", "build ="))
    assert load(repo).sandbox.build == ".devcontainer/devcontainer.json"

"""One provider of each kind that works here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from agents.config import SandboxSettings
from agents.sandbox import Sandbox, SandboxProvider, Source
from agents.sandbox.choose import provider

Make = Callable[..., SandboxProvider]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small project."""
    root = tmp_path / "tree"
    (root / "shop").mkdir(parents=True)
    (root / "shop/cart.py").write_text("total = 1\n")
    (root / "test_cart.py").write_text("from shop.cart import total\n\n\ndef test_total():\n    assert total == 1\n")
    (root / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (root / "run.sh").chmod(0o755)
    (root / "link").symlink_to("run.sh")
    (root / ".git").mkdir()
    (root / ".git/config").write_text("[core]\n")
    return root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository's root, for state and labels."""
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
async def make(kind: str, project: Path) -> Make:
    """Makes a provider of the kind with other settings; skips where the kind does not work."""
    base = os.environ.get("LOOP_SANDBOX__BASE", SandboxSettings().base)

    def build(**settings: object) -> SandboxProvider:
        return provider(kind, SandboxSettings.model_validate({"base": base, **settings}), project)

    found = await build().check()
    if not found.ok:
        if kind == "docker" and os.environ.get("LOOP_REQUIRE_DOCKER") == "1":
            pytest.fail(f"LOOP_REQUIRE_DOCKER=1, but {found.detail}")
        pytest.skip(f"{kind}: {found.detail}")
    return build


@pytest.fixture
async def opened(make: Make, tree: Path) -> AsyncIterator[Callable[..., Awaitable[Sandbox]]]:
    """Opens sandboxes on the tree and closes them after the test."""
    made: list[Sandbox] = []

    async def opening(env: dict[str, str] | None = None, **settings: object) -> Sandbox:
        sandbox = await make(**settings).open(Source(tree, label="a test", env=env or {}))
        made.append(sandbox)
        return sandbox

    yield opening
    for sandbox in made:
        await sandbox.close()


@pytest.fixture
async def sandbox(opened: Callable[..., Awaitable[Sandbox]]) -> Sandbox:
    """A sandbox on the tree with the usual limits."""
    return await opened()

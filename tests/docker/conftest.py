"""A client of the engine that answers here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from agents.sandbox import SandboxError
from agents.sandbox.engine import connect


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A `docker.DockerClient`; skips where no engine answers, except where one must."""
    try:
        engine = connect()
    except SandboxError as error:
        if os.environ.get("LOOP_REQUIRE_DOCKER") == "1":
            pytest.fail(f"LOOP_REQUIRE_DOCKER=1, but {error}")
        pytest.skip(str(error))
    yield engine
    engine.close()

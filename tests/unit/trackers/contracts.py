"""Where the published contracts are: beside the repository, or where LOOP_CONTRACTS says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("LOOP_CONTRACTS") or Path(__file__).parents[3] / "../shared/contracts")
GITHUB = FOLDER / "github.slim.json"
LINEAR = FOLDER / "linear.schema.graphql"
ZENDESK = FOLDER / "zendesk.incremental.yml"


def needed(path: Path) -> pytest.MarkDecorator:
    """Skips, and says why, where a contract is missing."""
    return pytest.mark.skipif(not path.exists(), reason=f"../shared/contracts has no {path.name}")

"""Settings that are wrong, each told in one sentence that names the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.config import ConfigError, load


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[health.check]]\nname = "shop"\nurl = "http://a"\n' * 2, "two checks are named 'shop'"),
        ('[health]\ninterval = "soon"', "health.interval"),
        ("[sandbox]\nkindd = 1", "sandbox.kindd"),
        ("[health", "loop.toml"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "loop.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        load(tmp_path)
    assert said in str(error.value)
    assert "loop.toml" in str(error.value)

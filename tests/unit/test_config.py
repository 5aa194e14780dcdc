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


def test_the_environment_wins_over_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "loop.toml").write_text('name = "shop"\n[sandbox]\nbase = "a:1"\ntimeout = 5.0\n')
    monkeypatch.setenv("LOOP_SANDBOX__BASE", "b:2")
    monkeypatch.setenv("LOOP_SANDBOX", "none")
    monkeypatch.setenv("LOOP_ENGINE__INVESTIGATIONS", "3")
    found = load(tmp_path)
    assert (found.name, found.sandbox.kind, found.sandbox.base, found.sandbox.timeout) == ("shop", "none", "b:2", 5.0)
    assert found.engine.investigations == 3


def test_a_variable_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOP_ENGINE__INVESTIGATIONS", "many")
    with pytest.raises(ConfigError, match=r"engine\.investigations"):
        load(tmp_path)

"""Settings that are wrong, each told in one sentence that names the place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.basics import ConfigError, outline
from agents.config import load


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


OUTLINED = 'store = "postgres://db/loop"\n[[section]]\nname = "Loud"\nfilter = "users:>20"\n[sandbox]\nkind = "none"\n'


@pytest.mark.parametrize(("text", "overrides"), [("", {}), (OUTLINED, {}), ('name = "a"\n', {"name": "b"})])
def test_an_outline_says_what_the_checked_settings_say(tmp_path: Path, text: str, overrides: dict[str, Any]) -> None:
    (tmp_path / "loop.toml").write_text(text)
    short, full = outline(tmp_path, overrides), load(tmp_path, **overrides)
    assert short is not None
    for found in (short, short.settings()):
        assert (found.title, found.store_url, found.state) == (full.title, full.store_url, full.state)
        sections = [(one.name, one.filter, one.sort) for one in found.section]
        assert sections == [(one.name, one.filter, one.sort) for one in full.section]


@pytest.mark.parametrize(
    "text", ["name = 3", "[", "section = 1", 'section = ["x"]', '[[section]]\nname = "x"', 'store = ["x"]', "\ud800"]
)
def test_what_is_not_plain_has_no_outline(tmp_path: Path, text: str) -> None:
    (tmp_path / "loop.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert outline(tmp_path, {}) is None


@pytest.mark.parametrize("name", ["LOOP_STORE", "loop_name", "LOOP_SECTION"])
def test_what_the_environment_changes_has_no_outline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert outline(tmp_path, {}) is not None
    monkeypatch.setenv(name, "x")
    assert outline(tmp_path, {}) is None

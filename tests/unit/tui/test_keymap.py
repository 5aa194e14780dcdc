"""Keys of one's own: what is remapped, what is refused, what is reported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import loop_tui
from loop_tui.actions import ACTIONS, BY_ID
from loop_tui.cli import app
from loop_tui.keymap import Keymap


def keys(*args: str) -> Result:
    return CliRunner().invoke(app, ["keys", *args])


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "preferences.toml"
    monkeypatch.setenv("LOOP_PREFERENCES", str(file))
    return file


def test_the_usual_keys_have_no_problems() -> None:
    assert Keymap().problems == []


def test_a_remapped_action_has_its_new_keys_and_the_old_one_is_free() -> None:
    keymap = Keymap({"merge": ["g m", "ctrl+e"]})
    assert keymap.at("list")["g m"] == keymap.at("report")["ctrl+e"] == "merge"
    assert "m" not in keymap.at("list")
    assert (keymap.key(BY_ID["merge"]), keymap.problems) == ("g m", [])


def test_keys_may_be_written_as_people_write_them() -> None:
    keymap = Keymap({"filter": "Ctrl-F", "help": "?", "back": "esc", "half_down": "PgDn"})
    at = keymap.at("list")
    assert (at["ctrl+f"], at["question_mark"], at["escape"], at["pagedown"]) == ("filter", "help", "back", "half_down")
    assert keymap.problems == []


@pytest.mark.parametrize("nothing", ["", [], [""]])
def test_an_action_may_have_no_key(nothing: str | list[str]) -> None:
    keymap = Keymap({"quit": nothing})
    assert "q" not in keymap.at("list")
    assert (keymap.key(BY_ID["quit"]), keymap.problems) == ("", [])


def test_two_actions_on_one_key_are_reported_and_the_first_has_it() -> None:
    keymap = Keymap({"snooze": "m"})
    assert keymap.at("list")["m"] == "merge"
    assert keymap.problems == ["'m' is the key of both merge and snooze; the first one has it."]


def test_a_key_hidden_by_one_of_a_nearer_place_is_reported() -> None:
    keymap = Keymap({"merge": "enter"})
    assert keymap.at("list")["enter"] == "open"
    assert "'enter' is the key of both open and merge; the first one has it." in keymap.problems


def test_a_key_that_begins_the_keys_of_another_action_is_reported() -> None:
    keymap = Keymap({"merge": "g"})
    assert any("'g' is the key of both merge and" in problem for problem in keymap.problems)


def test_an_action_that_does_not_exist_is_reported() -> None:
    assert Keymap({"explode": "b"}).problems == ["There is no action 'explode'; `loop keys` lists them."]


@pytest.mark.parametrize("wrong", ["foo", "hyper+x", "g foo"])
def test_what_no_terminal_sends_is_reported(wrong: str) -> None:
    (problem,) = Keymap({"merge": wrong}).problems
    assert "wanted for merge, is no key" in problem


def test_the_cheat_sheet_in_the_repository_is_the_one_made_from_the_registry() -> None:
    file = Path(loop_tui.__file__).with_name("KEYS.md")
    assert file.read_text() == Keymap().markdown(), "run: loop keys --markdown > loop_tui/KEYS.md"


def test_loop_keys_names_every_action_and_the_file(own: Path) -> None:
    done = keys()
    assert str(own) in done.stdout
    assert "is not there yet" in done.stdout
    words = done.stdout.split()
    assert all(action.id in words for action in ACTIONS)


def test_loop_keys_shows_own_keys_and_check_fails_on_a_clash(own: Path) -> None:
    own.write_text('[keys]\nsnooze = "m"\n')
    assert keys().exit_code == 0
    done = keys("--json", "--check")
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert said["problems"] == ["'m' is the key of both merge and snooze; the first one has it."]
    assert "both merge and snooze" in done.stderr
    (row,) = (row for row in said["actions"] if row["id"] == "snooze")
    assert (row["keys"], row["usual"]) == (["m"], ["s"])


def test_a_file_that_cannot_be_read_is_one_sentence(own: Path) -> None:
    own.write_text("[keys\n")
    done = keys()
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"loop: {own} cannot be read: ")


def test_a_value_that_means_nothing_is_named(own: Path) -> None:
    own.write_text('notify = "shout"\n')
    assert f"{own}: notify: choose one of off, bell, osc9, command." in keys().stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('colour = "red"', "colour: there is no such key"),
        ("notify_command = [1]", 'notify_command: write ["program"'),
        ("keys = 3", "keys: write it as a table"),
        ("[keys]\nmerge = 3", 'keys.merge: write "a key"'),
    ],
)
def test_each_key_of_the_file_has_its_form(own: Path, text: str, told: str) -> None:
    own.write_text(text)
    assert f"{own}: {told}" in keys().stderr


def test_commands_do_not_import_textual() -> None:
    code = "import sys, loop_tui.cli; print(sorted(name for name in sys.modules if name.startswith('textual')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

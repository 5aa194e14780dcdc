"""The editor: its command line, and that it opens nothing but files of the repository."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agents.inbox import Refused
from loop_tui.editor import command, inside

FILE = Path("/repo/a b.py")


@pytest.mark.parametrize(
    ("editor", "argv"),
    [
        ("vim", ["vim", "+7", "/repo/a b.py"]),
        ("/usr/bin/nvim -f", ["/usr/bin/nvim", "-f", "+7", "/repo/a b.py"]),
        ("nano", ["nano", "+7", "/repo/a b.py"]),
        ("emacsclient -t", ["emacsclient", "-t", "+7", "/repo/a b.py"]),
        ("code --wait", ["code", "--wait", "-g", "/repo/a b.py:7"]),
        ("hx", ["hx", "/repo/a b.py:7"]),
        ("pycharm", ["pycharm", "--line", "7", "/repo/a b.py"]),
        ("ed", ["ed", "/repo/a b.py"]),
    ],
)
def test_each_editor_is_given_the_line_in_its_own_way(editor: str, argv: list[str]) -> None:
    assert command(FILE, 7, {"EDITOR": editor}) == argv


def test_visual_wins_over_editor() -> None:
    assert command(FILE, 7, {"EDITOR": "ed", "VISUAL": "vim"})[0] == "vim"


def test_no_editor_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Refused, match="set \\$EDITOR"):
        command(FILE, 7, {})


def test_an_editor_that_cannot_be_read_is_told() -> None:
    with pytest.raises(Refused, match="quotes"):
        command(FILE, 7, {"EDITOR": "vim 'x"})


@pytest.mark.parametrize("path", ["../outside.py", "/etc/passwd", "link.py", "gone.py", "."])
def test_a_path_from_outside_opens_nothing_outside(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.py").write_text("")
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "link.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(Refused, match="not in your working tree"):
        inside(repo, path)


def test_a_file_of_the_repository_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    assert inside(tmp_path, "a.py") == (tmp_path / "a.py").resolve()

"""Reading commits out of git, exactly."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

from agents.repository import Repository
from tests.conftest import git


async def test_an_export_holds_every_tracked_file_as_committed(make_repo: Callable[..., Path], tmp_path: Path) -> None:
    files = {"a.txt": "one\n", "tests/test_a.py": "x = 1\n", "run.sh": "#!/bin/sh\n", "späce name.txt": "ü\n"}
    files[".gitattributes"] = "tests export-ignore\na.txt export-subst\n"
    repo = make_repo(files)
    (repo / "run.sh").chmod(0o755)
    (repo / "away").symlink_to("/etc/passwd")
    (repo / "near").symlink_to("a.txt")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Links")
    (repo / "a.txt").write_text("not committed\n")

    tree = await Repository(repo).export(git(repo, "rev-parse", "HEAD"), tmp_path / "out")

    found = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_symlink() or path.is_file()}
    assert found == {*files, "away", "near"}
    assert (tree / "a.txt").read_text() == "one\n"
    assert stat.S_IMODE((tree / "run.sh").stat().st_mode) & 0o111
    assert str((tree / "away").readlink()) == "/etc/passwd"  # a link stays a link; it is never followed
    assert git(repo, "status", "--porcelain") == "M a.txt"  # the working tree and its index were left alone

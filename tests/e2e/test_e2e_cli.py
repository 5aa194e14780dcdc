"""The whole loop by commands alone, on a repository that is not the demo's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.conftest import git
from tests.e2e.product import FILES, events, loop, loop_json

pytestmark = pytest.mark.e2e


@pytest.fixture
def repo(make_repo: Callable[..., Path]) -> Path:
    return make_repo(FILES, "quotes")


def test_from_events_to_a_merged_and_measured_change(repo: Path, tmp_path: Path) -> None:
    loop("init", repo=repo)
    head = git(repo, "rev-parse", "HEAD")
    taken = loop_json("import", str(events(repo, tmp_path / "events.jsonl", release=head)), repo=repo)
    assert taken == {"signals": 4, "duplicates": 0, "quarantined": 0, "rejected": 0}
    again = loop_json("import", str(tmp_path / "events.jsonl"), repo=repo)
    assert (again["signals"], again["duplicates"]) == (0, 4)

    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    (report,) = loop_json("reports", repo=repo)
    assert (report["status"], report["signal_count"], report["user_count"]) == ("review", 4, 4)
    assert report["verdict"] == "actionable"

    shown = loop_json("show", str(report["id"]), repo=repo)
    cause = next(finding for finding in shown["findings"] if finding["is_cause"])
    assert (cause["file"], cause["function"]) == ("billing/quotes.py", "quote_total")
    change = shown["change"]
    assert change["proof"]["proved"]
    assert "TypeError" in change["proof"]["red"]
    assert all(check["status"] == "passed" for check in change["checks"])
    assert "billing/quotes.py" in [file["path"] for file in change["files"]]
    diff = loop("diff", str(report["id"]), repo=repo).stdout
    assert "+++ b/billing/quotes.py" in diff

    loop("merge", str(report["id"]), "--head", change["head"], repo=repo)
    assert git(repo, "log", "-1", "--format=%P").split() == [head, change["head"]]
    assert git(repo, "status", "--porcelain") in ("", "?? loop.toml")
    assert git(repo, "branch", "--list", "loop/*") == ""
    # What was merged holds: the product's own tests pass, the new one among them.
    subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=repo, check=True, capture_output=True)

    later = (datetime.now(UTC) + timedelta(days=8)).isoformat()
    (judged,) = loop_json("measure", str(report["id"]), "--as-of", later, repo=repo)
    assert judged["outcome"]["verdict"] in ("improved", "cannot_tell")
    (line,) = loop_json("ledger", repo=repo)
    assert line["report"] == report["id"]


def test_a_user_on_another_branch_with_unsaved_work_is_left_alone(repo: Path, tmp_path: Path) -> None:
    git(repo, "switch", "-q", "-c", "feature")
    loop("import", str(events(repo, tmp_path / "events.jsonl")), repo=repo)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    (repo / "billing/quotes.py").write_text("work in progress\n")
    loop("merge", "1", repo=repo)
    assert (repo / "billing/quotes.py").read_text() == "work in progress\n"
    assert git(repo, "branch", "--show-current") == "feature"
    assert "quote_total" in git(repo, "show", "main:billing/quotes.py")


def test_a_moved_head_is_refused(repo: Path, tmp_path: Path) -> None:
    loop("import", str(events(repo, tmp_path / "events.jsonl")), repo=repo)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    done = loop("merge", "1", "--head", "0" * 40, repo=repo, check=False)
    assert done.returncode == 1
    assert "it moved since you looked" in done.stderr


def test_a_dirty_base_is_refused_and_merges_after_cleaning(repo: Path, tmp_path: Path) -> None:
    loop("import", str(events(repo, tmp_path / "events.jsonl")), repo=repo)
    loop("run", "--until-idle", "--timeout", "240", repo=repo)
    text = (repo / "billing/quotes.py").read_text()
    (repo / "billing/quotes.py").write_text(text + "# mine\n")
    done = loop("merge", "1", repo=repo, check=False)
    assert done.returncode == 1
    assert "commit or stash" in done.stderr
    (repo / "billing/quotes.py").write_text(text)
    loop("merge", "1", repo=repo)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["show", "99"], 1, "no report 99"),
        (["import", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["merge", "99"], 1, "no report 99"),
        (["reports", "--sort", "sideways"], 1, "choose one of"),
        (["measure", "--as-of", "soon"], 2, "ISO 8601"),
        (["run", "--sandbox", "cloud"], 2, "choose docker"),
    ],
)
def test_wrong_use_is_one_sentence_and_an_exit_code(repo: Path, args: list[str], code: int, says: str) -> None:
    loop("import", str(_one_signal(repo)), repo=repo)
    done = loop(*args, repo=repo, check=False)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def _one_signal(repo: Path) -> Path:
    path = repo.parent / "one.jsonl"
    path.write_text('{"id": "1", "title": "The export is slow", "body": "It takes a minute."}\n')
    return path


def test_an_empty_repository_is_told_to_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    done = loop("init", repo=tmp_path, check=False)
    assert done.returncode == 1
    assert "no commit yet" in done.stderr


def test_a_folder_without_git_is_told_so(tmp_path: Path) -> None:
    done = loop("reports", repo=tmp_path, check=False)
    assert done.returncode == 1
    assert "not inside a git repository" in done.stderr

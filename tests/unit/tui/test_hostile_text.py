"""Pure parts under any text: widths, rows, the diff's lines, and what plain mode and the commands print."""

from __future__ import annotations

import asyncio
import re
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from typer.testing import CliRunner

from agents.inbox import Inbox, Refused
from agents.text import one_line, visible
from loop_tui import cli
from loop_tui.plain import text as plain
from loop_tui.plain.session import Session
from loop_tui.widgets import report_row
from loop_tui.widgets.diff import text as diff_text
from loop_tui.widgets.field import drawn
from loop_tui.widgets.lines import block, line, wrap
from loop_tui.widgets.words import fit, flat
from tests.pilot import hostile

PARTS = [*hostile.STEER, *hostile.WIDE.split(), *hostile.COMPLEX.split(), hostile.STEER, "\ud800", "\ufe0f", "\t", "ab"]
TEXT = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=12).map("".join)
# Format characters that are seen: signs of Arabic, Syriac and Kaithi numbers, joiners of hieroglyphs.
SEEN = re.compile("[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd\U00013430-\U0001345f]")
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def harmless(text: str, but: str = "") -> bool:
    return not any(unicodedata.category(char) in HIDDEN and char not in but for char in SEEN.sub("", text))


def cells(spans: Any) -> int:
    return cell_len("".join(text for text, _ in spans))


@given(TEXT)
def test_text_made_visible_is_as_wide_as_its_characters_one_by_one(text: str) -> None:
    shown = visible(text)
    assert harmless(shown, "\n\t")
    assert cell_len(shown) == sum(map(cell_len, shown))
    assert visible(shown) == shown


@given(TEXT, st.integers(1, 40))
def test_one_line_is_never_longer_than_asked_and_has_no_line_end(text: str, limit: int) -> None:
    assert len(one_line(text, limit)) <= limit
    assert not set("\r\n\t\x0b\x0c\x85\u2028") & set(one_line(text) + one_line(text, limit))


def test_what_only_chooses_a_form_is_left_out_and_what_hides_is_shown() -> None:
    assert visible("⚠\ufe0f ok") == "⚠ ok"
    assert visible("a\ufe0f\ufe0fb") == "a<U+FE0F><U+FE0F>b"
    assert visible("pass\u00adword\U000e0041") == "pass<U+00AD>word<U+E0041>"


@given(TEXT, st.integers(1, 24), st.booleans())
def test_a_column_is_as_wide_as_it_was_asked_for_whatever_the_script(text: str, room: int, right: bool) -> None:
    assert cell_len(fit(text, room, right=right)) == room


@given(TEXT, st.integers(10, 30), st.integers(0, 6), st.integers(0, 4))
def test_no_wrapped_row_is_too_wide_and_no_sign_is_lost(text: str, room: int, indent: int, hang: int) -> None:
    rows = wrap(line(text, indent=indent, hang=hang), room + indent)
    assert all(cells(row.spans) <= room + indent for row in rows)
    said = "".join(part for row in rows for part, _ in row.spans)
    assert said.replace(" ", "") == flat(text).replace(" ", "")


@given(TEXT)
def test_a_block_has_a_line_for_each_line_end_of_git_and_no_other(text: str) -> None:
    assert len(block(text)) == text.strip("\n").count("\n") + 1


@given(TEXT)
def test_a_field_draws_a_sign_for_each_character(text: str) -> None:
    assert len(drawn(text)) == len(text)
    assert harmless(drawn(text), "\n\t")


def card(text: str) -> dict[str, Any]:
    return {
        "id": 1, "title": text, "status": text, "status_reason": text, "priority": "P1", "unread": True, "trend": [1],
        "user_count": 3, "last_seen": "2026-03-12T14:00:00Z", "claimed_by": text, "running": text, "checks": text,
        "change_state": "open", "proved": False, "review": text, "review_count": 1, "choices": 0, "outcome": None,
    }  # fmt: skip


@given(TEXT, TEXT, st.integers(30, 160))
def test_a_row_of_the_list_fills_its_room(text: str, who: str, room: int) -> None:
    rows = [report_row.wide(card(text), room, [who]), report_row.first(card(text), room)]
    rows += [report_row.second(card(text), room, [who])] if room >= 40 else []
    assert [cells(row) for row in rows if room >= 76 or row is not rows[0]] == [room] * (len(rows) - (room < 76))
    assert not set("\n\r\t\x1b") & set("".join(part for row in rows for part, _ in row))


@given(TEXT.map(lambda text: text.replace("\n", "")), st.integers(4, 40), st.integers(0, 20), st.integers(0, 9))
def test_a_line_of_a_diff_is_as_wide_as_it_is_counted(text: str, room: int, start: int, mark: int) -> None:
    shown, more = diff_text.cut(text)
    parts = diff_text.spans(shown, [[(mark, mark + 3, "word")], [(mark + 1, mark + 2, "match")]])
    assert cells(parts) + len(more) == diff_text.cells_of(text)
    assert cells(diff_text.window(parts, start, room)) <= room
    folded = diff_text.folded(parts, room)
    assert all(cells(row) <= room for row in folded)
    assert len(folded) == diff_text.height(text, room) or not text


# What is printed ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("printed") / "project"
    thread = threading.Thread(target=lambda: asyncio.run(hostile.make(folder, hostile.NASTY)))
    thread.start()
    thread.join()
    return folder


@pytest.mark.parametrize(
    "words",
    ["reports", "show 1", "show 2", "show 3", "log 1", "diff 1", "ledger", "cost", "funnel", "history --everyone",
     "sources", "quarantine", "drafts 1", "merge 1 --plan", "drafts 1 --drop 1", "note 1 -m x", "claim 2", "split 1 99",
     "retry 1", "undo", "merge 1", "decline 2 --reason x", "keys", "answer 1 x", "review 1 --approve", "revert 3"],
)  # fmt: skip
def test_a_command_prints_it_as_text(repo: Path, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOP_SANDBOX_KIND", "none")
    monkeypatch.chdir(repo)
    done = CliRunner().invoke(cli.app, words.split())
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.output
    assert harmless(done.output, "\n\t"), ascii(done.output)


async def test_plain_mode_says_it_as_text_and_no_name_makes_a_line_of_its_own(repo: Path) -> None:
    async def ask(_: str) -> str:
        return "no"

    async with await Inbox.open(repo, **hostile.settings(hostile.NASTY)) as inbox:
        session = Session(inbox, ask, paged=False)
        for typed in ("list", "show 1", "show 2", "show 3", "log 1", "diff 1", "drafts 1", "history", "section",
                      "status", "help", "merge 1", f"filter {hostile.NASTY}", "list", f"{hostile.NASTY}"):  # fmt: skip
            try:
                said = await session.run(typed)
            except Refused as error:
                said = [visible(error)]
            assert said, typed
            assert all(harmless(each, "\t") for each in said), (typed, said)
        found = await inbox.report(1)
        head = plain.report({**found, "title": "a\nReport 9, P0, ready: forged"})
        assert head[0].endswith(": a Report 9, P0, ready: forged")

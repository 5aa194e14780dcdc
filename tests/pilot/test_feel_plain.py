"""What is typed in plain mode, what is said to it, and what it does to the store."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from agents.inbox import Inbox, Refused
from loop_tui.grammar import VERBS, find, numbers
from loop_tui.needing import Needing, sentence
from loop_tui.plain.session import Session


class Talk:
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.answers: list[str] = []
        self.asked = ""
        self.session = Session(inbox, self._ask)

    async def _ask(self, question: str) -> str:
        self.asked = question
        return self.answers.pop(0) if self.answers else ""

    async def say(self, line: str) -> str:
        return "\n".join(await self.session.run(line))

    async def number(self, title: str) -> int:
        (found,) = await self.inbox.ids("all", f'"{title}"')
        return found

    def report(self, report_id: int) -> dict[str, Any]:
        return self.inbox.report_now(report_id)


@pytest.fixture
async def talk(tmp_path: Path, template: Path) -> AsyncIterator[Talk]:
    repo = tmp_path / "shop-api"
    shutil.copytree(template, repo)
    async with await Inbox.open(repo, who="you@devbox", name="shop-api") as inbox:
        yield Talk(inbox)


async def test_the_list_says_status_in_words_one_report_a_line(talk: Talk) -> None:
    head, *rows = (await talk.say("list")).splitlines()
    assert head == "Needs you: 3 reports"
    assert rows[0].startswith("1, P0, ready: Invoice PDF: KeyError 'vat_id' for EU orders (61 users, ")
    assert "checks passed, proved" in rows[0]
    assert rows[1].startswith("2, P1, question: Refund")


async def test_a_number_shows_the_report_and_what_follows_is_about_it(talk: Talk) -> None:
    report = await talk.number("Search times out")
    assert "Search times out on quotes" in await talk.say(str(report))
    await talk.say("decline intended we know")
    assert talk.report(report)["status_reason"] == "preference: intended — we know"
    await talk.say("undo")
    assert talk.report(report)["status"] == "failed"


async def test_next_goes_through_the_list_and_says_when_it_ends(talk: Talk) -> None:
    shown = [(await talk.say("next")).splitlines()[0].split(",")[0] for _ in range(3)]
    assert shown == ["Report 1", "Report 2", "Report 4"]
    with pytest.raises(Refused, match="the last report"):
        await talk.say("next")
    assert (await talk.say("previous")).startswith("Report 2")


async def test_merge_says_what_the_dialog_says_and_only_yes_merges_that_head(talk: Talk) -> None:
    report = await talk.number("Invoice PDF")
    head = talk.report(report)["change"]["head"]
    assert await talk.say(f"merge {report}") == "Nothing was merged."
    for part in (f"head: {head[:12]}", "base: ", "proof: red before, green after", "checks: tests passed",
                 "missing: You have not read its diff.", "merge into main? yes or no"):  # fmt: skip
        assert part in talk.asked
    assert talk.report(report)["status"] == "review"
    assert "+    own = order.meta.get" in await talk.say(f"diff {report}")
    talk.answers = ["yes"]
    assert "Merged" in await talk.say(f"merge {report}")
    assert "You have not read its diff" not in talk.asked
    assert talk.report(report)["status"] == "shipped"


@pytest.mark.parametrize("line", ["answer 2", "answer 2 2", "answer #2 2", ":answer 2"])
async def test_a_number_first_is_the_report_when_more_follows(talk: Talk, line: str) -> None:
    report = await talk.number("Refund")
    assert report == 2
    await talk.say("show 2")
    await talk.say(line)
    assert talk.report(2)["journal"][0]["why"] == "answer: Refund all, reclaim shipped goods"


async def test_nothing_is_decided_when_no_report_is_meant(talk: Talk) -> None:
    with pytest.raises(Refused, match="Which report"):
        await talk.say("claim")
    with pytest.raises(Refused, match="There is no report 999"):
        await talk.say("claim 999")


async def test_sections_filters_and_orders(talk: Talk) -> None:
    assert "Shipped: 2" in (await talk.say("section")).splitlines()
    assert (await talk.say("section questions")).startswith("Questions: 1 report\n2, P1, question")
    assert (await talk.say("section all")).startswith("All: 9 reports")
    assert (await talk.say("filter users:>20")).splitlines()[0] == "All: 4 reports, filter users:>20"
    with pytest.raises(Refused):
        await talk.say("filter users:many")
    assert "filter users:>20" in await talk.say("sort impact")
    assert (await talk.say("filter")).startswith("All: 9 reports\n")


async def test_a_comment_is_drafted_and_sent(talk: Talk) -> None:
    report = await talk.number("Invoice PDF")
    await talk.say(f"show {report}")
    assert "Drafted at billing/pdf.py:8" in await talk.say("comment billing/pdf.py:8 guests have no company")
    await talk.say("review request-changes see there")
    found = talk.report(report)
    assert found["status"] == "proposing"
    assert "guests have no company" in [comment["text"] for comment in found["change"]["comments"]]


async def test_long_answers_come_in_parts(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loop_tui.plain.session._PAGE", 5)
    said = (await talk.say("diff 1")).splitlines()
    assert len(said) == 6
    assert said[-1].endswith("more lines; type more.")
    assert "     company = order.company" not in said
    assert "-    company = order.company" in (await talk.say("more")).splitlines()


async def test_outside_text_cannot_steer_the_terminal(talk: Talk) -> None:
    await talk.say("changes 1 \x1b]0;owned\x07 \u202e see")
    said = await talk.say("show 1") + await talk.say("list") + await talk.say("log 1")
    assert not any(ord(char) < 32 and char != "\n" for char in said)
    assert "\u202e" not in said


async def test_every_verb_of_the_grammar_is_in_the_help(talk: Talk) -> None:
    said = await talk.say("help")
    assert all(f"\n{name} [ID]" in said for name in VERBS)


@pytest.mark.parametrize(("typed", "meant"), [("dec", "decline"), ("request-changes", "changes"), ("sn", "snooze")])
def test_a_word_may_be_shortened_or_be_the_command_lines(typed: str, meant: str) -> None:
    assert find(typed, list(VERBS)) == meant


@pytest.mark.parametrize(("typed", "said"), [("s", "could be snooze, split"), ("frob", "is no command")])
def test_a_word_that_is_not_clear_is_refused(typed: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        find(typed, list(VERBS))


@pytest.mark.parametrize("typed", ["", "twelve", "12 x", "²"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        numbers(typed)


async def test_news_is_what_newly_needs_this_person_and_was_not_their_own_doing(talk: Talk) -> None:
    needing = Needing(talk.inbox)
    assert await needing.news({1}) == []  # not begun
    await needing.begin()
    report = await talk.number("Slow dashboard")
    assert await needing.news({0, 1, report}) == []
    async with await Inbox.open(talk.inbox.settings.repo, who="kim", name="shop-api") as kim:
        await kim.unsnooze(report)
        assert await needing.news({report}) == [report]
        assert await needing.news({report}) == []  # told once
        await kim.snooze(report, "2d")
        assert await needing.news({report}) == []
        await talk.inbox.unsnooze(report)
        assert await needing.news({report}) == []  # one's own
    cards = await talk.inbox.cards([report])
    assert sentence(cards) == f"Report {report} needs you: Slow dashboard for teams over 500 (ready)"
    assert sentence([*cards, *cards]).startswith("2 reports need you, the first is ")

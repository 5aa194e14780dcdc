"""What is typed in plain mode and what is said to it. Knows no terminal: it gets lines and gives lines."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from agents.inbox import Inbox, Refused, why_not
from agents.text import counted, one_line, visible
from loop_tui.grammar import METHODS, VERBS, Verb, find, numbers, order, place_of_section
from loop_tui.plain import text

Json = dict[str, Any]
Ask = Callable[[str], Awaitable[str]]
Run = Callable[[str], Awaitable[list[str]]]
_LIST = 20  # reports said at once
_PAGE = 200  # lines said at once


class Session:
    """One person's conversation with the inbox.

    Args:
        inbox: the project.
        ask: says a question and gives what is typed, "" when nobody answers.
        paged: whether long answers stop until `more`.
    """

    def __init__(self, inbox: Inbox, ask: Ask, *, paged: bool = True) -> None:
        self._inbox: Any = inbox
        self._ask, self._paged = ask, paged
        self._section, self._search, self._sort = 0, "", ""
        self._rest: list[str] = []
        self.here: int | None = None  # the report that was shown last
        self.ended = False
        self._words: dict[str, tuple[str, str, Run]] = {
            "list": ("", "The reports of the section.", self._list),
            "more": ("", "The rest of what was too long.", self._more),
            "next": ("", "Show the next report of the list.", self._next),
            "previous": ("", "Show the one before.", self._previous),
            "show": ("[ID]", "Show a report; its number alone does too.", self._show),
            "diff": ("[ID]", "Read the change.", self._diff),
            "log": ("[ID]", "What was done on a report.", self._log),
            "merge": ("[ID] [METHOD]", "Merge the change; asks first and says what is missing.", self._merge),
            "comment": ("[ID] FILE:LINE TEXT", "Draft a comment at a line of the change.", self._comment),
            "drafts": ("[ID]", "Your comments that are not sent.", self._drafts),
            "review": ("[ID] KIND [TEXT]", "Send the drafts: approve, comment or request-changes.", self._review),
            "undo": ("[ENTRY]", "Take back your newest decision, or one of the history.", self._undo),
            "redo": ("", "Put it back.", self._redo),
            "history": ("", "What you decided.", self._history),
            "section": ("[NAME]", "Choose a section; alone, list them.", self._choose),
            "filter": ("[LINE]", "Filter the list; alone, end the filter.", self._filter),
            "sort": ("ORDER", "Order the list.", self._order),
            "status": ("", "What the engine does.", self._status),
            "help": ("", "This list.", self._help),
            "quit": ("", "End.", self._quit),
        }

    async def run(self, line: str) -> list[str]:
        """Do what a line says; gives what is said to it.

        Raises:
            Refused: it says nothing that can be done.
        """
        name, _, rest = line.strip().lstrip(":").partition(" ")
        if not name:
            return []
        if name.lstrip("#").isdecimal():
            name, rest = "show", name
        word = find({"exit": "quit", "q": "quit", "?": "help"}.get(name, name), [*self._words, *VERBS])
        said = await (self._words[word][2](rest.strip()) if word in self._words else self._decide(word, rest.strip()))
        return self._page([visible(part) for each in said for part in each.split("\n")])

    def _page(self, lines: list[str]) -> list[str]:
        if not self._paged or len(lines) <= _PAGE:
            return lines
        self._rest = lines[_PAGE:]
        return [*lines[:_PAGE], f"{len(self._rest):,} more lines; type more."]

    def _about(self, rest: str, *, also: bool = False) -> tuple[int, str]:
        """The report a line is about and the rest of it: a number first is the report, else it is the one shown last.

        With `also` a number that stands alone is no report, but what the verb needs.
        """
        first, _, more = rest.partition(" ")
        if first.lstrip("#").isdecimal() and (more.strip() or not also):
            return numbers(first)[0], more.strip()
        if self.here is None:
            raise Refused("Which report? Write its number after the word, or show it first.")
        return self.here, rest

    # Looking -------------------------------------------------------------------------------------------------

    async def _ids(self) -> list[int]:
        section = self._inbox.sections[self._section]
        ids: list[int] = await self._inbox.ids(section.key, self._search, self._sort or section.sort)
        return ids

    async def _list(self, rest: str = "") -> list[str]:
        ids = await self._ids()
        section = self._inbox.sections[self._section]
        about = f", filter {one_line(self._search, 300)}" if self._search else ""
        head = f"{one_line(section.label, 60)}: {counted(len(ids), 'report')}{about}"
        cards = [text.card(card) for card in await self._inbox.cards(ids[: 10 * _PAGE if self._paged else None])]
        if self._paged and len(cards) > _LIST:
            self._rest = cards[_LIST:]
            return [head, *cards[:_LIST], f"{len(ids) - _LIST:,} more reports; type more."]
        return [head, *cards]

    async def _more(self, rest: str) -> list[str]:
        if not self._rest:
            raise Refused("There is no more of it.")
        lines, self._rest = self._rest, []
        return lines

    async def _next(self, rest: str, step: int = 1) -> list[str]:
        ids = await self._ids()
        if not ids:
            return await self._list()
        place = ids.index(self.here) + step if self.here in ids else 0
        if not 0 <= place < len(ids):
            raise Refused(f"That was the {'last' if step > 0 else 'first'} report of the list.")
        return await self._show(str(ids[place]))

    async def _previous(self, rest: str) -> list[str]:
        return await self._next(rest, -1)

    async def _show(self, rest: str) -> list[str]:
        report_id, _ = self._about(rest)
        found = await self._inbox.report(report_id)
        self.here = report_id
        await self._inbox.mark_read(report_id)
        return text.report(found)

    async def _diff(self, rest: str) -> list[str]:
        report_id, _ = self._about(rest)
        found = await self._inbox.report(report_id)
        diff: str = await self._inbox.diff(report_id)
        if not diff:
            raise Refused(f"Report {report_id} has no change to read yet.")
        await self._inbox.saw_diff(report_id, found["change"]["head"])
        return diff.removesuffix("\n").split("\n")

    async def _log(self, rest: str) -> list[str]:
        found = await self._inbox.report(self._about(rest)[0])
        return text.journal(found)

    async def _status(self, rest: str) -> list[str]:
        now = await self._inbox.activity()
        running = [f"{one_line(run['stage'], 20)} report {run['report_id']}" for run in now["running"]]
        where = {"here": "runs here", "elsewhere": "runs in another process", "none": "does not run"}[now["engine"]]
        lines = [f"The engine {where}; {now['queued']} queued, {len(running)} running, ${now['usd_today']:.2f} today."]
        return [*lines, *running, *([now["notice"]] if now["notice"] else [])]

    async def _choose(self, rest: str) -> list[str]:
        if not rest:
            counts = await self._inbox.counts()
            return [
                f"{one_line(section.label, 60)}: {counts.get(section.key, 0):,}" for section in self._inbox.sections
            ]
        self._section, self._search, self._sort = place_of_section(self._inbox.sections, rest), "", ""
        return await self._list()

    async def _filter(self, rest: str) -> list[str]:
        before, self._search = self._search, rest
        try:
            return await self._list()
        except Refused:
            self._search = before
            raise

    async def _order(self, rest: str) -> list[str]:
        self._sort = order(rest)
        return await self._list()

    # Deciding ------------------------------------------------------------------------------------------------

    async def _allowed(self, verb: str, report_id: int) -> None:
        cards: list[Json] = await self._inbox.cards([report_id])
        if not cards:
            raise Refused(f"There is no report {report_id}; list says which there are.")
        if reason := why_not(verb, cards[0], self._inbox.who):
            raise Refused(reason)

    async def _decide(self, word: str, rest: str) -> list[str]:
        verb: Verb = VERBS[word]
        report_id, rest = self._about(rest, also=verb.number)
        args = verb.read(rest)
        await self._allowed(verb.verb, report_id)
        return [str(await getattr(self._inbox, METHODS.get(verb.verb, verb.verb))(report_id, **args))]

    async def _merge(self, rest: str) -> list[str]:
        report_id, method = self._about(rest)
        await self._allowed("merge", report_id)
        plan = await self._inbox.merge_plan(report_id)
        method = method or plan["methods"][0]
        if method not in plan["methods"]:
            raise Refused(f"There is no method {method!r} here; choose one of {', '.join(plan['methods'])}.")
        answer = await self._ask("\n".join([*text.plan(plan), f"{method} into {plan['base']}? yes or no: "]))
        if answer.strip().lower() not in ("y", "yes"):
            return ["Nothing was merged."]
        return [str(await self._inbox.merge(report_id, plan["head"], method))]

    async def _comment(self, rest: str) -> list[str]:
        report_id, rest = self._about(rest)
        at, _, said = rest.partition(" ")
        if not said.strip():
            raise Refused("Say where and what: comment billing/pdf.py:8 may this be empty?")
        await self._inbox.draft_at(report_id, at, said.strip())
        return [f"Drafted at {at}; review comment or review request-changes sends it."]

    async def _drafts(self, rest: str) -> list[str]:
        report_id, _ = self._about(rest)
        found = await self._inbox.drafts(report_id)
        return [text.draft(each) for each in found] or [f"You have no draft on report {report_id}; comment makes one."]

    async def _review(self, rest: str) -> list[str]:
        report_id, rest = self._about(rest)
        kind, _, said = rest.partition(" ")
        found = await self._inbox.report(report_id)
        head = found["change"]["head"] if found["change"] else ""
        return [str(await self._inbox.send_review(report_id, kind, said.strip(), head))]

    async def _undo(self, rest: str) -> list[str]:
        return [str(await (self._inbox.undo(numbers(rest)[0]) if rest else self._inbox.undo()))]

    async def _redo(self, rest: str) -> list[str]:
        return [str(await self._inbox.redo())]

    async def _history(self, rest: str) -> list[str]:
        entries = await self._inbox.history()
        return [text.decision(entry) for entry in entries] or ["You have decided nothing yet."]

    # The session ---------------------------------------------------------------------------------------------

    async def _help(self, rest: str) -> list[str]:
        rows = [(f"{name} {usage}".rstrip(), said) for name, (usage, said, _) in self._words.items()]
        rows += [(f"{name} [ID] {verb.usage}".rstrip(), verb.help) for name, verb in VERBS.items()]
        ends = ["A number first is the report; without one it is the report shown last."]
        return [*(f"{usage}: {said}" for usage, said in rows), *ends]

    async def _quit(self, rest: str) -> list[str]:
        self.ended = True
        return []

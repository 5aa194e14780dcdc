"""The keys that decide: each asks what it must, then calls the verb, on one report or on all that are marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agents.inbox import Refused, why_not
from agents.text import one_line
from loop_tui.actions import BY_ID
from loop_tui.grammar import METHODS, numbers
from loop_tui.screens.dialogs import Ask, Chosen, Option
from loop_tui.screens.merge import Merge
from loop_tui.widgets import words
from loop_tui.widgets.lines import Line, line

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen

Json = dict[str, Any]
DECLINE = (
    Option("Already fixed", "new evidence opens it again", "already-fixed"),
    Option("Not reproducible", "new evidence opens it again", "not-reproducible"),
    Option("Wrong analysis", "new evidence opens it again", "wrong-analysis"),
    Option("Won't fix", "stays closed", "wont-fix"),
    Option("Intended", "stays closed", "intended"),
    Option("Not now", "stays closed", "not-now"),
)
PRIORITIES = (
    Option("P0", "drop everything", "0"), Option("P1", "next", "1"), Option("P2", "soon", "2"),
    Option("P3", "when there is time", "3"), Option("P4", "some day", "4"),
)  # fmt: skip
_SHOWN = 6  # reasons told in a dialog
_TOLD = frozenset({"decline", "suppress", "snooze", "join"})  # what takes a report out of sight, so how to get it back


class Taken:
    """The reports a decision is about: those that can take part, and why the others cannot."""

    def __init__(self, verb: str, cards: Sequence[Json], who: str = "") -> None:
        self.verb = verb
        reasons = {card["id"]: why_not(verb, card, who) for card in cards}
        self.cards = [card for card in cards if not reasons[card["id"]]]
        self.ids = [card["id"] for card in self.cards]
        self.refused = [(card, reasons[card["id"]]) for card in cards if reasons[card["id"]]]

    def about(self) -> list[Line]:
        """Lines for the dialog."""
        if len(self.cards) == 1 and not self.refused:
            return [line((one_line(self.cards[0]["title"], 300), "bold"))]
        lines = [line((f"{len(self.cards):,} reports", "bold"))]
        if self.refused:
            lines.append(line((f"{len(self.refused):,} cannot take part:", "warn")))
            lines += [line((reason, "dim"), indent=2, hang=2) for reason in self.reasons()]
        return lines

    def reasons(self) -> list[str]:
        """Why some cannot take part, the same reason once."""
        found = Counter(reason for _, reason in self.refused)
        told = [f"{count}× {reason}" if count > 1 else reason for reason, count in found.most_common(_SHOWN)]
        return [*told, f"… and {len(found) - _SHOWN} more reasons"] if len(found) > _SHOWN else told


class Decide:
    """Decisions on one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen

    @property
    def _inbox(self) -> Any:
        return self._screen.inbox

    async def taken(self, name: str, verb: str = "") -> Taken:
        """The reports an action is about, read afresh.

        Args:
            name: the action.
            verb: what is done, when it is not the action's own verb.

        Raises:
            Refused: nothing is selected, or nothing selected can take part.
        """
        action = BY_ID[name]
        cards = await self._cards()
        if len(cards) > 1 and not action.many:
            raise Refused(f"“{action.label}” takes one report at a time; esc ends the marks.")
        taken = Taken(verb or action.verb, cards, self._inbox.who)
        if not taken.cards:
            raise Refused(taken.reasons()[0])
        return taken

    async def _cards(self) -> list[Json]:
        ids = self._screen.rows.chosen
        cards: list[Json] = await self._inbox.cards(ids)
        if not cards:
            raise Refused("Select a report first.")
        return cards

    async def apply(self, taken: Taken, **args: Any) -> str:
        """Call the verb, and say what came of it."""
        verb = taken.verb
        if len(taken.ids) == 1:
            answer: str = await getattr(self._inbox, METHODS.get(verb, verb))(taken.ids[0], **args)
        else:
            done = await self._inbox.bulk(verb, taken.ids, **args)
            failed = [sentence for _, ok, sentence in done if not ok]
            answer = f"{verb.capitalize()}: {len(done) - len(failed):,} reports."
            if failed:
                answer += f" {len(failed)} could not: {failed[0]}"
        self._screen.rows.clear_marks()
        key = self._screen.loop_app.keymap.key(BY_ID["undo"])
        return f"{answer} {key} takes it back." if key and verb in _TOLD else answer

    def _ask(self, ask: Ask, send: Any) -> None:
        """Show a dialog; `send` makes the verb's call of what came back."""

        def done(chosen: Chosen | None) -> None:
            if chosen is not None:
                self._screen.loop_app.do(send(chosen))

        self._screen.app.push_screen(ask, done)

    # One report ----------------------------------------------------------------------------------------------

    async def do_merge(self) -> None:
        """Merge, after asking."""
        taken = await self.taken("merge")
        report = await self._inbox.report(taken.ids[0])
        if report["change"] is None:
            raise Refused("This report has no change to merge.")

        plan = await self._inbox.merge_plan(report["id"])

        def done(method: str | None) -> None:
            if method:
                self._screen.loop_app.do(self._inbox.merge(report["id"], plan["head"], method))

        self._screen.app.push_screen(Merge(report, plan), done)

    async def do_answer(self) -> None:
        """Answer the question."""
        taken = await self.taken("answer")
        report = await self._inbox.report(taken.ids[0])
        asked = report["question"]
        if asked is None:
            raise Refused("This report asks nothing.")
        options = [_choice(choice) for choice in asked["choices"]]
        if options:
            options.append(Option("Something else…", "write it; the work starts with your words"))

        async def send(chosen: Chosen) -> str:
            given = chosen.place is not None and chosen.place < len(asked["choices"])
            choice = chosen.place + 1 if given and chosen.place is not None else None
            return await self.apply(taken, text=chosen.text, choice=choice)

        about = [line(one_line(asked["text"], 2000))]
        self._ask(Ask("Your answer", about, options, "in your own words", need_words=True), send)

    async def do_request_changes(self) -> None:
        """Ask for changes."""
        taken = await self.taken("request_changes")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, text=chosen.text)

        title, field = "What should be different?", "the work starts with your words"
        self._ask(Ask(title, taken.about(), [], field, need_words=True), send)

    async def do_note(self) -> None:
        """Write down what later runs should know."""
        taken = await self.taken("note")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, text=chosen.text)

        self._ask(Ask("What should later runs know?", taken.about(), [], "a note", need_words=True), send)

    async def do_split(self) -> None:
        """Take signals out."""
        taken = await self.taken("split")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, signals=numbers(chosen.text))

        field = "numbers of signals, as the evidence shows them: 12 15"
        self._ask(Ask("Which signals go into a report of their own?", taken.about(), [], field, need_words=True),
                  send)  # fmt: skip

    async def do_revert(self) -> str:
        """Make a change that takes a merged one back."""
        return await self.apply(await self.taken("revert"))

    # One or many ---------------------------------------------------------------------------------------------

    async def do_decline(self) -> None:
        """Decline with a reason."""
        taken = await self.taken("decline")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, reason=DECLINE[chosen.place or 0].value, note=chosen.text)

        self._ask(Ask("Decline: why?", taken.about(), DECLINE, "note for the next run, if any"), send)

    async def do_snooze(self) -> str:
        """Hide until, or wake."""
        if all(asleep(card) for card in await self._cards()):
            return await self.apply(await self.taken("snooze", "wake"))
        taken = await self.taken("snooze")
        grown = max(2, max(card["user_count"] for card in taken.cards) * 2)
        options = (
            Option("1 hour", "", "1h"), Option("4 hours", "", "4h"), Option("Tomorrow at 9", "", "tomorrow"),
            Option("1 week", "", "1w"), Option(f"Until more than {grown:,} users are hit", "", f"users>{grown}"),
            Option("Until 10 more signals came", "", "signals+10"),
            Option("Until it is seen in the next release", "", "release:next"),
            Option("Something else…", "2d, monday, 2026-12-01T09:00, users>50, signals>100, release>1.4.2"),
        )  # fmt: skip

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, until=options[chosen.place or 0].value or chosen.text)

        self._ask(Ask("Snooze until when?", taken.about(), options, "a time", need_words=True), send)
        return ""

    async def do_priority(self) -> None:
        """Raise or lower the priority."""
        taken = await self.taken("priority")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, priority=chosen.place or 0, why=chosen.text)

        self._ask(Ask("Which priority?", taken.about(), PRIORITIES, "why"), send)

    async def do_suppress(self) -> str:
        """Never show it again, or end that."""
        if all(card["suppressed"] for card in await self._cards()):
            return await self.apply(await self.taken("suppress", "unsuppress"))
        taken = await self.taken("suppress")

        async def send(chosen: Chosen) -> str:
            return await self.apply(taken, why=chosen.text)

        about = [*taken.about(), line(("Further signals are counted, and never bring it back.", "dim"))]
        self._ask(Ask("Mute it?", about, [], "why, if you like"), send)
        return ""

    async def do_join(self) -> None:
        """Put reports into another one."""
        taken, rows = await self.taken("join"), self._screen.rows
        into = rows.here
        if len(taken.ids) > 1 and into in taken.ids:
            rest = Taken("join", [card for card in taken.cards if card["id"] != into], self._inbox.who)

            async def send(_: Chosen) -> str:
                return await self.apply(rest, into=into)

            title = f"Join {len(rest.ids)} reports into #{into}?"
            self._ask(Ask(title, rest.about(), [Option("Join them")], "why, if you like"), send)
            return

        async def send_to(chosen: Chosen) -> str:
            return await self.apply(taken, into=numbers(chosen.text)[0])

        self._ask(Ask("Join into which report?", taken.about(), [], "its number", need_words=True), send_to)

    async def do_claim(self) -> str:
        """Mine, or not mine any more."""
        mine = all(card["claimed_by"] == self._inbox.who for card in await self._cards())
        return await self.apply(await self.taken("claim", "release" if mine else "claim"))

    async def do_retry(self) -> str:
        """Start again."""
        return await self.apply(await self.taken("retry"))

    async def do_stop(self) -> str:
        """Stop the work."""
        return await self.apply(await self.taken("stop"))

    async def do_read(self) -> str:
        """Read, or unread."""
        rows = self._screen.rows
        cards = await self._inbox.cards(rows.chosen)
        unread = any(card["unread"] for card in cards)
        for card in cards:
            await self._inbox.mark_read(card["id"], unread)
        rows.clear_marks()
        return ""

    # Taking back ---------------------------------------------------------------------------------------------

    async def do_undo(self) -> str:
        """Take back."""
        return str(await self._inbox.undo())

    async def do_redo(self) -> str:
        """Put back."""
        return str(await self._inbox.redo())

    async def do_history(self) -> None:
        """What was decided; the chosen entry is taken back."""
        entries = await self._inbox.history()
        if not entries:
            raise Refused("You have decided nothing yet.")
        options = [_entry(entry) for entry in entries]

        async def send(chosen: Chosen) -> str:
            entry = entries[chosen.place or 0]
            if not entry["can_undo"]:
                raise Refused(entry["why_not"] or "This cannot be taken back.")
            return str(await self._inbox.undo(entry["id"]))

        ask = Ask("Your decisions", [], options, "", does="take it back")
        self._ask(ask, send)


def asleep(card: Json) -> bool:
    """Whether a report is snoozed now."""
    until = words.moment(card["snoozed_until"])
    return bool(card["snooze_condition"]) or (until is not None and until > words.clock())


def _choice(choice: Json) -> Option:
    detail = one_line(choice["detail"], 300)
    example = one_line(choice["example"], 300)
    return Option(one_line(choice["label"], 200), " · ".join(part for part in (detail, example) if part))


def _entry(entry: Json) -> Option:
    mark = "taken back" if entry["undone"] else "" if entry["can_undo"] else "stays"
    about = f"#{entry['report_id']} {one_line(entry['title'], 60)}" if entry["report_id"] else ""
    label = f"{words.age(entry['at']):>4}  {entry['action']}  {about}"
    return Option(label, " · ".join(part for part in (one_line(entry["why"], 100), mark) if part))

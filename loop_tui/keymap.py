"""Which key does what where: the registry's keys, changed by a person's own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from loop_tui.actions import ACTIONS, BY_ID, GROUPS, NAMES, Action, spoken

_WRITTEN = {spoken: name for name, spoken in NAMES.items()}
# Which scopes are looked through, nearest first, when a key is pressed somewhere.
CHAINS: dict[str, tuple[str, ...]] = {
    "list": ("list", "inbox", "any"),
    "report": ("report", "inbox", "any"),
    "diff": ("diff", "any"),
}
# What a terminal can send: a character, a key with a name, either of them with ctrl, alt or shift.
_NAMED = r"enter|tab|space|backspace|delete|insert|escape|home|end|pageup|pagedown|up|down|left|right|f\d{1,2}"
_KEY = re.compile(rf"((ctrl|alt|shift)\+)*(\S|[a-z]+(_[a-z]+)+|asterisk|plus|minus|slash|colon|{_NAMED})")


def named(keys: str) -> str:
    """Keys as people write them (`g g`, `/`, `esc`, `ctrl-d`) as their names."""
    parts = [re.sub(r"^(ctrl|alt|shift)-(?=.)", r"\1+", key, flags=re.IGNORECASE) for key in keys.split()]
    parts = [key if len(key) == 1 else key.lower() for key in parts]
    return " ".join(_WRITTEN.get(key, key) for key in parts)


class Keymap:
    """The keys in force.

    Args:
        own: action id → keys, from a person's preferences; an empty text takes an action's keys away.
    """

    def __init__(self, own: Mapping[str, str | Sequence[str]] | None = None) -> None:
        self.problems: list[str] = []
        self._keys: dict[str, tuple[str, ...]] = {action.id: action.keys for action in ACTIONS}
        for name, keys in (own or {}).items():
            if name not in BY_ID:
                self.problems.append(f"There is no action {name!r}; `loop keys` lists them.")
                continue
            wanted = [keys] if isinstance(keys, str) else list(keys)
            self._keys[name] = tuple(self._known(name, each) for each in wanted if each.strip())
        self._by_place = {place: self._resolve(place) for place in CHAINS}

    def keys(self, action: Action) -> tuple[str, ...]:
        """The keys of an action."""
        return self._keys[action.id]

    def key(self, action: Action) -> str:
        """The first one as people write it."""
        keys = self.keys(action)
        return spoken(keys[0]) if keys else ""

    def at(self, place: str) -> dict[str, str]:
        """Keys → action id where `place` has the keys: `list`, `report` or `diff`."""
        return self._by_place[place]

    def rows(self, place: str) -> list[tuple[str, str, str]]:
        """(keys, action id, label) of a place, for keys that follow each other."""
        return [(keys, name, BY_ID[name].label) for keys, name in self._by_place[place].items()]

    def _known(self, name: str, keys: str) -> str:
        found = named(keys)
        for key in found.split():
            if not _KEY.fullmatch(key):
                self.problems.append(f"{key!r}, wanted for {name}, is no key; write one like m, ctrl+d, pgdn or g m.")
        return found

    def _resolve(self, place: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for scope in CHAINS[place]:
            mine: dict[str, str] = {}
            for action in ACTIONS:
                if action.scope == scope:
                    for keys in self._keys[action.id]:
                        if keys in mine:
                            self._clash(keys, BY_ID[mine[keys]], action)
                        mine.setdefault(keys, action.id)
            for keys, name in mine.items():
                if keys in found:
                    self._clash(keys, BY_ID[found[keys]], BY_ID[name])
                found.setdefault(keys, name)
        for longer in (keys for keys in found if " " in keys):
            parts = longer.split()
            for keys in (" ".join(parts[:count]) for count in range(1, len(parts))):
                # A key may act at once and lead on, where its own action says so: `]` and `] h` are the next hunk.
                lead = found.get(keys)
                if lead is not None and not any(each.startswith(f"{keys} ") for each in self._keys[lead]):
                    self._clash(keys, BY_ID[lead], BY_ID[found[longer]])
        return found

    def _clash(self, keys: str, one: Action, other: Action) -> None:
        sentence = f"{spoken(keys)!r} is the key of both {one.id} and {other.id}; the first one has it."
        if sentence not in self.problems:
            self.problems.append(sentence)

    def grouped(self) -> list[tuple[str, list[tuple[tuple[str, ...], Action]]]]:
        """Heading → (keys as written, action), for help and cheat sheet; the sections' numbers are one row."""
        found: list[tuple[str, list[tuple[tuple[str, ...], Action]]]] = []
        for group in GROUPS:
            rows = [(tuple(map(spoken, self.keys(action))), action) for action in ACTIONS if action.group == group]
            numbered = [keys for keys, action in rows if action.id.startswith("section_")]
            if numbered:
                first, last = numbered[0], numbered[-1]
                rows = [
                    ((f"{' '.join(first)}…{' '.join(last)}",), replace(action, help="Show the section of that place."))
                    if action.id == "section_1" else (keys, action)
                    for keys, action in rows
                    if action.id == "section_1" or not action.id.startswith("section_")
                ]  # fmt: skip
            found.append((group, rows))
        return found

    def markdown(self) -> str:
        """The cheat sheet."""
        how = "Made by `loop keys --markdown`; change keys in your preferences (`loop keys` says where)."
        lines = ["# Keys", "", how]
        for group, rows in self.grouped():
            lines += ["", f"## {group}", "", "| Key | What | Command |", "|---|---|---|"]
            for keys, action in rows:
                verb = f"`loop {action.verb}`" if action.verb else ""
                shown = " ".join(f"`{key}`" for key in keys) or "—"
                lines.append(f"| {shown.replace('|', chr(92) + '|')} | {action.help} | {verb} |")
        return "\n".join(lines) + "\n"

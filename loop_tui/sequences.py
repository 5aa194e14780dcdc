"""Keys that follow each other: `g g`, `] h`. Pure: fed with keys, says what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from textual.keys import format_key

Row = tuple[str, str, str]
_FORGET = 1.0  # seconds after which a first key that has already acted waits no more


@dataclass(frozen=True)
class Fed:
    """What one key led to.

    Args:
        action: the id to run; empty: none.
        pending: another key is awaited.
        taken: the key was used up here; False: it means what it means elsewhere.
        instead_of: the id the first key has already run, which `action` takes the place of.
    """

    action: str = ""
    pending: bool = False
    taken: bool = False
    instead_of: str = ""


class Sequences:
    """Waits for the next key of a sequence.

    A first key that only leads on (`g`) waits for as long as it takes and swallows a key that does not follow. A first
    key that is an action as well (`]`) acts at once, waits for a second, and its longer form then takes its place.

    Args:
        rows: (keys separated by spaces, action id, label); keys are Textual's names or the characters themselves. Rows
            of one key are looked at only where longer ones start with that key.
        clock: seconds that only grow.
    """

    def __init__(self, rows: Iterable[Row], clock: Callable[[], float] = time.monotonic) -> None:
        self._rows = [(tuple(keys.split()), action, label) for keys, action, label in rows]
        self._leads = {keys[:count] for keys, _, _ in self._rows for count in range(1, len(keys))}
        self._clock = clock
        self._typed: tuple[str, ...] = ()
        self._ran, self._since = "", 0.0

    @property
    def pending(self) -> bool:
        """Whether another key is awaited."""
        return bool(self._typed)

    @property
    def acted(self) -> bool:
        """Whether the key that another one is awaited after was an action as well."""
        return bool(self._ran)

    @property
    def hint(self) -> list[tuple[str, str]]:
        """(key, label) of what may follow now, each next key once."""
        depth = len(self._typed)
        found: dict[str, str] = {}
        for keys, _, label in self._rows:
            if depth and len(keys) > depth and keys[:depth] == self._typed:
                found.setdefault(format_key(keys[depth]), label if len(keys) == depth + 1 else "…")
        return list(found.items())

    @property
    def typed(self) -> str:
        """The keys so far, as people write them."""
        return " ".join(format_key(key) for key in self._typed)

    def cancel(self) -> None:
        """Wait no more."""
        self._typed, self._ran = (), ""

    def feed(self, key: str, character: str | None = None) -> Fed:
        """One key, by Textual's name and by the character it types."""
        if self._ran and self._clock() - self._since > _FORGET:
            self.cancel()
        waited, ran = self._typed, self._ran
        for name in (key, character):
            typed = (*waited, name) if name else ()
            action = next((action for keys, action, _ in self._rows if keys == typed), "")
            leads = typed in self._leads
            if not (leads or (action and len(typed) > 1)):
                continue
            self._typed, self._ran, self._since = (typed if leads else ()), (action if leads else ""), self._clock()
            again = action == ran
            return Fed("" if again else action, leads, True, "" if again else ran)
        self.cancel()
        if not waited:
            return Fed()
        # Out of a plain lead nothing else is started by accident; escape only ends the waiting.
        return self.feed(key, character) if ran else Fed(taken=True)

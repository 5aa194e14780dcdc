"""A rebuilt call."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """A rebuilt call: `text` is its last statement, an expression where there is a value to look at."""

    path: str
    name: str  # of the function called, bare
    imports: frozenset[tuple[str, str]]
    text: str
    before: tuple[str, ...] = ()  # statements that come first
    around: tuple[str, ...] = ()  # headers of `with` statements around it
    doubts: tuple[str, ...] = ()  # where the values may not be what they were
    guessed: bool = False  # the type of a container in it was guessed
    another: bool = False  # its values were read in another way than they were captured
    owner: str = ""  # the class of a method
    title: str = ""  # for people, where the text does not say it: "GET /cart?id=7"

    @property
    def label(self) -> str:
        """For people."""
        text = self.title or " ".join(self.text.split())
        return text if len(text) <= 200 else f"{text[:197]}…"

    @property
    def body(self) -> list[str]:
        """The statements, each line indented within its `with`."""
        lines = list(self.before)
        for depth, header in enumerate(self.around):
            lines.append(f"{'    ' * depth}{header}")
        return [*lines, *(f"{'    ' * len(self.around)}{line}" for line in self.text.splitlines())]

    @property
    def called(self) -> str:
        """The function for people: `Cart.total()`."""
        name = "" if self.name in ("__init__", "__post_init__") else self.name
        return f"{'.'.join(part for part in (self.owner, name) if part)}()"

    @property
    def subject(self) -> str:
        """What a test of it is named after."""
        if self.name in ("__init__", "__post_init__"):
            return self.owner
        return f"{self.owner}_{self.name}" if self.owner else self.name

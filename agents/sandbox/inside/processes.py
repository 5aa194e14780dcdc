"""What runs in this process namespace."""

# pathlib would cost a third of the start of this program.
# ruff: noqa: PTH123, PTH208
from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator


def processes() -> Iterator[tuple[int, int, int, int]]:
    """(pid, parent, session, resident bytes of its own) of each live process; nothing where there is no /proc."""
    page = resource.getpagesize()
    try:
        names = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return
    for name in names:
        with contextlib.suppress(OSError, ValueError, IndexError):
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
            if fields[0] in ("Z", "X"):
                continue
            with open(f"/proc/{name}/statm", encoding="ascii") as file:
                pages = file.read().split()
            yield int(name), int(fields[1]), int(fields[3]), (int(pages[1]) - int(pages[2])) * page

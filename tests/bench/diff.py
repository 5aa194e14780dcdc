"""How long a diff takes to read, lay out and open, and what a key costs at a terminal.

Run by hand: `python tests/bench/diff.py`. The application runs in a pseudo-terminal of 120×40 on a repository with a
change of 2,000 and of 50,000 diff lines; what it writes is counted.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.inbox import Inbox
from agents.models import Change, Report, Status
from loop_tui.widgets.diff.layout import Frame, Layout
from loop_tui.widgets.diff.parse import parse
from tests.conftest import git
from tests.terminal import Terminal

_APP = "import sys; from pathlib import Path; from loop_tui.app import LoopApp; " \
       "LoopApp(Path(sys.argv[1]), engine=False, who='bench', name='bench').run()"  # fmt: skip


def _text(changed: int, old: bool) -> str:
    lines = []
    for n in range(changed):
        get = f"order.items[{n}]" if old else f"order.items.get({n}, 'none')"
        lines.append(f'    value_{n} = compute({get}, rate=0.{n}, name="item {n}")  # step {n}\n    check(value_{n})\n')
    return "def total(order):\n" + "".join(lines)


async def project(repo: Path, lines: int) -> str:
    """A repository with a report whose change has so many diff lines; returns the diff."""
    repo.mkdir()
    git(repo, "init", "-q", "-b", "main")
    (repo / ".gitignore").write_text(".loop/\n")
    (repo / "totals.py").write_text(_text(lines // 3, True))
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "Start")
    base = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "-b", "loop/totals")
    (repo / "totals.py").write_text(_text(lines // 3, False))
    git(repo, "commit", "-q", "-a", "-m", "Totals")
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "checkout", "-q", "main")
    async with await Inbox.open(repo, who="bench", name="bench") as inbox:
        async with (await inbox.services()).store.write() as session:
            session.add(Report(title="Totals", status=Status.REVIEW, priority=1))
            await session.flush()
            session.add(Change(report_id=1, title="Totals", branch="loop/totals", base="main", base_sha=base,
                               head_sha=head, state="open", files=[{"path": "totals.py", "added": 1, "removed": 1}],
                               proof={"proved": True, "test": "x"}))  # fmt: skip
        return await inbox.diff(1)


def cpu(screen: Terminal) -> float:
    """Seconds of processor time it has used: what a busy machine does not blur."""
    used = Path(f"/proc/{screen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")


def press(screen: Terminal, key: str, word: str = "", rest: float = 1.0) -> tuple[float, int]:
    """Seconds until a word is on the screen (none: until the first byte), and bytes until it rests."""
    before, start = screen.sent, time.perf_counter()
    screen.press(key)
    while screen.sent == before or (word and word not in screen.screen()):
        assert time.perf_counter() - start < 20, f"{key} showed no {word}"
        time.sleep(0.001)
    seconds = screen.last - start
    screen.quiet(rest)
    return seconds, screen.sent - before


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        for lines, goal in ((2000, 300), (50_000, 1000)):
            repo = Path(folder) / f"shop-{lines}"
            diff = asyncio.run(project(repo, lines))
            began = time.perf_counter()
            files = parse(diff)
            parsed = time.perf_counter()
            Layout(files, [], Frame.of(files, 120, False))
            laid = time.perf_counter()
            Layout(files, [], Frame.of(files, 120, False), wraps=True)
            wrapped = time.perf_counter()
            print(f"{files[0].size:,} lines of diff, {len(diff):,} bytes")
            print(f"  parse          {(parsed - began) * 1000:7.1f} ms")
            print(f"  layout         {(laid - parsed) * 1000:7.1f} ms    wrapped {(wrapped - laid) * 1000:.1f} ms")
            screen = Terminal([sys.executable, "-c", _APP, str(repo)], size=(120, 40))
            screen.until("Totals")
            screen.quiet(1.0)
            before = cpu(screen)
            seconds, count = press(screen, "d", "value_2")
            print(f"  first paint    {seconds * 1000:7.1f} ms    goal ≤ {goal} ms: key d to text at the pty")
            print(f"  all of it      {count:7,} bytes, {(cpu(screen) - before) * 1000:.0f} ms of processor")
            moves = [press(screen, "j", rest=0.15)[1] for _ in range(20)]
            print(f"  cursor move    {sorted(moves)[10]:7,} bytes  median, {max(moves):,} most; goal ≤ 1,024")
            pages = [press(screen, "ctrl+d", rest=0.25)[1] for _ in range(4)]
            print(f"  half a page    {sorted(pages)[2]:7,} bytes")
            seconds, count = press(screen, "G", f"value_{lines // 3 - 2}")
            print(f"  to the end     {seconds * 1000:7.1f} ms    {count:,} bytes")
            seconds, count = press(screen, "t")
            print(f"  split          {seconds * 1000:7.1f} ms    {count:,} bytes")
            before_idle = screen.sent
            time.sleep(3)
            print(f"  idle           {screen.sent - before_idle:7,} bytes in 3 s")
            screen.close()


if __name__ == "__main__":
    main()

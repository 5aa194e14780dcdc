"""How long a diff takes to read, lay out and open, and what a key costs at a terminal.

Run by hand: `python tests/bench/diff.py`. The application runs in a pseudo-terminal of 120×40 on a repository with a
change of 2,000 and of 50,000 diff lines; what it writes is counted.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from agents.inbox import Inbox
from agents.models import Change, Report, Status
from loop_tui.pictures.repository import git
from loop_tui.widgets.diff.layout import Frame, Layout
from loop_tui.widgets.diff.parse import parse

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


class Pty:
    """The application at a terminal of its own."""

    def __init__(self, repo: Path) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-c", _APP, str(repo)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def press(self, keys: bytes, marker: bytes = b"", quiet: float = 0.3, most: float = 20) -> tuple[float, int]:
        """Seconds until the marker is drawn, and bytes until the screen is quiet."""
        began = time.perf_counter()
        if keys:
            os.write(self.fd, keys)
        seen, seconds = b"", 0.0
        last = began
        while time.perf_counter() - began < most:
            if select.select([self.fd], [], [], 0.01)[0]:
                seen += os.read(self.fd, 1 << 16)
                last = time.perf_counter()
                if not seconds and marker in seen:
                    seconds = last - began
            elif time.perf_counter() - last > quiet and (seconds or not marker):
                break
        return seconds, len(seen)

    @property
    def cpu(self) -> float:
        """Seconds of processor time it has used: what a busy machine does not blur."""
        used = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


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
            app = Pty(repo)
            app.press(b"", b"Totals", quiet=1.0)
            before = app.cpu
            seconds, count = app.press(b"d", b"value_2", quiet=1.0)
            print(f"  first paint    {seconds * 1000:7.1f} ms    goal ≤ {goal} ms: key d to text at the pty")
            print(f"  all of it      {count:7,} bytes, {(app.cpu - before) * 1000:.0f} ms of processor")
            moves = [app.press(b"j", quiet=0.15)[1] for _ in range(20)]
            print(f"  cursor move    {sorted(moves)[10]:7,} bytes  median, {max(moves):,} most; goal ≤ 1,024")
            pages = [app.press(b"\x04", quiet=0.25)[1] for _ in range(4)]
            print(f"  half a page    {sorted(pages)[2]:7,} bytes")
            seconds, count = app.press(b"G", b"value_%d" % (lines // 3 - 2), quiet=1.0)
            print(f"  to the end     {seconds * 1000:7.1f} ms")
            seconds, count = app.press(b"t", b"value_", quiet=1.0)
            print(f"  split          {seconds * 1000:7.1f} ms    {count:,} bytes")
            print(f"  idle           {app.press(b'', quiet=3.0, most=3.0)[1]:7,} bytes in 3 s")
            app.close()


if __name__ == "__main__":
    main()

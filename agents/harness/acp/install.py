"""Installing the agents that Loop knows, in the versions it was tried with, from npm's registry."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from pathlib import Path

from agents.harness.acp.presets import PRESETS, Preset, home
from agents.refusal import Refused
from agents.text import one_line

_TIME = 900.0  # seconds


def there(name: str) -> bool:
    """Whether an agent that Loop knows is installed."""
    return (home() / name / PRESETS[name].command[0]).exists()


async def install(name: str) -> Path:
    """Put an agent into its folder, in place of one that is there; no script of its packages runs.

    Raises:
        Refused: Loop does not know it, or npm is missing or fails.
    """
    preset = PRESETS.get(name)
    if preset is None:
        raise Refused(f"Loop does not know an agent {one_line(name, 80)!r}; choose {', '.join(PRESETS)}.")
    npm = shutil.which("npm")
    if npm is None:
        raise Refused("npm is not installed; install it (`apt install npm`) and try again.")
    home().mkdir(parents=True, exist_ok=True)
    folder = home() / name
    with tempfile.TemporaryDirectory(prefix=f".{name}-", dir=home()) as part:
        fresh = Path(part) / "new"
        fresh.mkdir()
        (fresh / "package.json").write_text(json.dumps({"private": True}))
        await _fetch(npm, fresh, preset)
        if not (fresh / preset.command[0]).exists():
            raise Refused(f"npm has no {name} for this machine; use another agent.")
        if folder.exists():
            folder.rename(Path(part) / "old")
        fresh.rename(folder)
    return folder


async def _fetch(npm: str, folder: Path, preset: Preset) -> None:
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--loglevel=error")
    process = await asyncio.create_subprocess_exec(
        npm, "install", *quiet, *preset.packages, cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_TIME):
            _, said = await process.communicate()
    except TimeoutError:
        raise Refused(f"npm did not finish within {_TIME:g} s; check the connection and try again.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        rows = [row for row in said.decode("utf-8", "replace").splitlines() if row.strip()]
        raise Refused(f"npm failed: {one_line(' / '.join(rows[:3]), 400)}")

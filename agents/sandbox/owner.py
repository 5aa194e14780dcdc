"""Whose a leftover is: a process named by pid and start time, so that a reused pid is not taken for its owner."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from pathlib import Path


def project_key(project: Path) -> str:
    """Twelve characters that stand for a project's path, in labels and folder names."""
    return hashlib.sha256(os.fsencode(project.resolve())).hexdigest()[:12]


def started(pid: int) -> str:
    """When a live process started, as its system counts; "" when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
    found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return hashlib.sha256(found.stdout.strip().encode()).hexdigest()[:10] if found.stdout.strip() else ""


def me() -> str:
    """This process, as `pid-start`."""
    return f"{os.getpid()}-{started(os.getpid())}"


def host() -> str:
    """This machine and boot: a pid means nothing on another, and an engine may serve many."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return platform.node()


def lives(token: str) -> bool:
    """Whether the process that called itself `token` still runs on this machine."""
    pid, _, start = token.partition("-")
    return pid.isdigit() and started(int(pid)) == start != ""

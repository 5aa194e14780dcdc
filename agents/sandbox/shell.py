"""Shell lines of the repository (its test and CI commands) run with the sandbox's own interpreter."""

from __future__ import annotations

from agents.sandbox import Result, Sandbox

_LINE = """\
python() {{ "{python}" "$@"; }}
python3() {{ "{python}" "$@"; }}
pytest() {{ "{python}" -m pytest "$@"; }}
{path}{command}
"""


def script(command: str, python: str) -> str:
    """The command with `python`, `python3` and `pytest` standing for the sandbox's interpreter.

    Functions serve the line itself, PATH serves the scripts it calls.
    """
    folder = python.rpartition("/")[0]
    path = f'PATH="{folder}:$PATH"\nexport PATH\n' if folder else ""
    return _LINE.format(python=python, path=path, command=command)


async def run_line(sandbox: Sandbox, command: str, *, timeout: float | None = None) -> Result:
    """Run a shell line in the tree.

    Raises:
        SandboxError: the sandbox is gone.
    """
    return await sandbox.run(["sh", "-c", script(command, sandbox.python)], timeout=timeout)

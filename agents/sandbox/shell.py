"""Shell lines of the repository (its test and CI commands) run with the sandbox's own interpreter."""

from __future__ import annotations

import shlex

from agents.sandbox import Result, Sandbox

# Scripts that the line calls say `python`, which bare Debian does not have: a folder of links stands in for it. A
# virtual environment is found by the interpreter's own path, so its folder goes first and nothing is linked there.
_LINE = """\
interpreter=$(command -v {python})
if [ -x "$(dirname "$interpreter")/python" ]; then
  PATH="$(dirname "$interpreter"):$PATH"
else
  links=$(mktemp -d)
  trap 'rm -rf "$links"' EXIT
  ln -s "$interpreter" "$links/python"
  PATH="$links:$PATH"
fi
export PATH
pytest() {{ python -m pytest "$@"; }}
{command}
"""


def script(command: str, python: str) -> str:
    """The command as a script in which `python` and `pytest` are the sandbox's."""
    return _LINE.format(python=shlex.quote(python), command=command)


async def run_line(sandbox: Sandbox, command: str, *, timeout: float | None = None) -> Result:
    """Run a shell line in the tree.

    Raises:
        SandboxError: the sandbox is gone.
    """
    return await sandbox.run(["sh", "-c", script(command, sandbox.python)], timeout=timeout)

"""Sets everything up on a machine with Python >= 3.11 and git, then runs a command. Standard library only.

python3 loop_tui/bootstrap.py demo [--headless ...]   set up, then `loop demo`
python3 loop_tui/bootstrap.py test [...]              set up with the test tools, then `pytest`
python3 loop_tui/bootstrap.py run COMMAND [...]       set up, then any `loop` command
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from urllib.parse import urljoin

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
LOG = os.path.join(tempfile.gettempdir(), "loop-setup-%d.log" % os.getpid())


def fail(why):
    """End with one sentence."""
    sys.stderr.write("loop: %s\n" % why)
    raise SystemExit(1)


def call(*command):
    """Run a command with its output in the log; whether it ended well."""
    with open(LOG, "ab") as log:
        return subprocess.call(command, stdout=log, stderr=log, cwd=ROOT) == 0


def has_pip():
    """Whether the environment has pip."""
    return os.path.exists(PYTHON) and call(PYTHON, "-m", "pip", "--version")


def index_url():
    """The package index that pip is configured with here, else the public one."""
    if os.environ.get("PIP_INDEX_URL"):
        return os.environ["PIP_INDEX_URL"].rstrip("/") + "/"
    for folder in ("~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf"):
        path = os.path.expanduser(folder)
        if os.path.exists(path):
            with open(path) as file:
                found = re.search(r"^\s*index-url\s*=\s*(\S+)", file.read(), re.M)
            if found:
                return found.group(1).rstrip("/") + "/"
    return "https://pypi.org/simple/"


def fetch_pip(folder):
    """Pip's wheel from the index; it runs from its own archive. None when the index cannot be reached."""
    base = urljoin(index_url(), "pip/")
    request = urllib.request.Request(base, headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html;q=0.5"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            kind, page = answer.headers.get("Content-Type", ""), answer.read().decode("utf-8", "replace")
        if "json" in kind:
            links = [item["url"] for item in json.loads(page)["files"] if not item.get("yanked")]
        else:
            links = re.findall(r'href="([^"]+)"', page)
        wheels = [link for link in links if re.search(r"/pip-[\d.]+-py3-none-any\.whl", link)]
        link = max(wheels, key=lambda l: [int(n) for n in re.search(r"pip-([\d.]+)-", l).group(1).split(".")])
        target = os.path.join(folder, link.split("#")[0].rsplit("/", 1)[-1])
        with (
            urllib.request.urlopen(urljoin(base, link.split("#")[0]), timeout=120) as answer,
            open(target, "wb") as out,
        ):
            shutil.copyfileobj(answer, out)
    except (OSError, ValueError, KeyError):
        return None
    return target


def make_environment():
    """Make .venv with pip in it, whichever of four ways works here."""
    if has_pip():
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if call(sys.executable, "-m", "venv", VENV) and has_pip():
        return
    # Debian ships Python without ensurepip: an environment without pip can be made all the same.
    shutil.rmtree(VENV, ignore_errors=True)
    if not call(sys.executable, "-m", "venv", "--without-pip", VENV):
        fail("cannot make %s; run `apt-get install python3-venv` and try again (log: %s)." % (VENV, LOG))
    if call(sys.executable, "-m", "pip", "--python", PYTHON, "install", "-q", "pip"):
        return
    folder = tempfile.mkdtemp()
    wheel = fetch_pip(folder)
    done = wheel is not None and call(PYTHON, wheel + "/pip", "install", "-q", wheel)
    shutil.rmtree(folder, ignore_errors=True)
    if not done:
        fail("cannot get pip; run `apt-get install python3-venv` and try again (log: %s)." % LOG)


def install(extra):
    """Install the project and what it needs, unless that was done for this very pyproject.toml."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        mark = hashlib.sha256(file.read() + extra.encode() + sys.version.encode()).hexdigest()
    stamp = os.path.join(VENV, "loop-setup%s" % extra.strip("[]"))
    if os.path.exists(stamp):
        with open(stamp) as file:
            if file.read() == mark:
                return
    sys.stderr.write("Setting up in %s (about a minute, once) ...\n" % VENV)
    make_environment()
    if not call(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-e", "." + extra):
        fail("installing failed; the reason is at the end of %s." % LOG)
    with open(stamp, "w") as file:
        file.write(mark)


def main():
    """Set up, then become the command."""
    if sys.version_info < (3, 11):
        fail("this needs Python 3.11 or newer; this one is %d.%d." % sys.version_info[:2])
    sys.path.insert(0, ROOT)
    from agents.interpreter import trouble  # needs nothing installed

    if trouble():
        fail(trouble())
    arguments = sys.argv[1:]
    if not arguments or arguments[0] not in ("demo", "test", "run"):
        sys.stderr.write(__doc__)
        raise SystemExit(2)
    if shutil.which("git") is None:
        fail("git is missing; install it and try again.")
    verb, rest = arguments[0], arguments[1:]
    install("[dev]" if verb == "test" else "")
    command = {"test": ["pytest", "-n", "4"], "demo": ["loop_tui.cli", "demo"], "run": ["loop_tui"]}[verb]
    if verb == "test":
        os.chdir(ROOT)
    os.execv(PYTHON, [PYTHON, "-m", *command, *rest])


if __name__ == "__main__":
    sys.path[:1] = []  # this folder is a package, not a place to import from
    main()

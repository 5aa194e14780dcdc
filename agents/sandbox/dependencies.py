"""What a repository's `setup` commands get to see: the files that name its dependencies, and how to reach an index."""

from __future__ import annotations

import os
from pathlib import Path

from agents.config import SandboxSettings
from agents.sandbox import SandboxError

PATTERNS = (
    "requirements*.txt", "requirements*.in", "requirements/*.txt", "constraints*.txt", "pyproject.toml", "setup.py",
    "setup.cfg", "*.lock", "Pipfile", "environment*.yml", ".python-version", "README*", "package.json",
    "package-lock.json", "Makefile", "tox.ini",
)  # fmt: skip
_LARGEST = 5_000_000  # bytes of one file
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def dependency_files(project: Path) -> dict[str, bytes]:
    """The files, by their path in the project, in the order of their names; links are left out."""
    found: dict[str, bytes] = {}
    for path in sorted({path for pattern in PATTERNS for path in project.glob(pattern)}):
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
            found[path.relative_to(project).as_posix()] = path.read_bytes()
    return found


def certificates(settings: SandboxSettings, project: Path) -> bytes:
    """The extra certificates, b"" when none are set.

    Raises:
        SandboxError: the file cannot be read.
    """
    if not settings.ca_bundle:
        return b""
    path = project / Path(settings.ca_bundle).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "mend `ca_bundle` under [sandbox] in loop.toml"
        raise SandboxError(f"The certificates {path} cannot be read ({error.strerror}); {hint}.") from error


def index(settings: SandboxSettings) -> dict[str, str]:
    """Environment that tells installers where packages are and how to get out."""
    env = {name: os.environ[name] for name in _PROXIES if name in os.environ}
    if settings.index_url:
        env |= {"PIP_INDEX_URL": settings.index_url, "UV_INDEX_URL": settings.index_url}
    return env


def trust(path: str) -> dict[str, str]:
    """Environment that makes the usual tools believe the certificates in `path`."""
    names = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")
    return {**dict.fromkeys(names, path), "NODE_EXTRA_CA_CERTS": path}

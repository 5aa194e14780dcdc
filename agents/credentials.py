"""Keys and secrets: from the environment, else from the keyring; never from `loop.toml`."""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from agents.text import one_line

_SERVICE = "loop"  # in the keyring
_HOSTS = "LOOP_SOURCE_HOSTS"  # other machines that keys may go to, separated by commas


def secret(name: str) -> str:
    """The secret of that name, "" when there is none; blocking."""
    return (os.environ.get(name) or _from_keyring(name)).strip()


def where_to_put(name: str) -> str:
    """What a person does about a secret that is missing."""
    return f"set {name} in the environment, or keep it with `keyring set {_SERVICE} {name}`"


def _from_keyring(name: str) -> str:
    try:
        import keyring

        return keyring.get_password(_SERVICE, name) or ""
    except Exception:  # no keyring that could be opened: each backend has errors of its own
        return ""


def why_untrusted(url: str, usual: str, setting: str) -> str:
    """Why no key goes to `url`, "" when one may: `loop.toml` comes with a repository, which must not choose alone.

    Args:
        url: where requests would go.
        usual: the service's own host; "*.example.com" stands for any below it.
        setting: the key of `loop.toml` that names the url.
    """
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        host, scheme = "", ""
    told = one_line(url, 120)
    if not host or scheme not in ("http", "https"):
        return f"{told} is no address of a server; mend {setting} in loop.toml."
    if loopback(host):
        return ""
    if scheme != "https":
        return f"{told} would carry your key unencrypted; use https in {setting} of loop.toml."
    named = [name.strip().lower() for name in os.environ.get(_HOSTS, "").split(",")]
    if host == usual or (usual.startswith("*") and host.endswith(usual[1:])) or host in named:
        return ""
    return (
        f"loop.toml would send your key to {one_line(host, 120)}, which is not {usual}; if that is your server, set "
        f"{_HOSTS}={one_line(host, 120)} in the environment."
    )


def loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False

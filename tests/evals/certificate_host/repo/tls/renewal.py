"""What is to be renewed."""

from __future__ import annotations

from tls.store import certificate, has


def days_left(host: str) -> int | None:
    """Days until the certificate ends; None without one."""
    if not has(host):
        return None
    return certificate(host)["days"]


def due(hosts: list[str]) -> list[str]:
    """Hosts whose certificate ends within thirty days."""
    return [host for host in hosts if (left := days_left(host)) is not None and left < 30]

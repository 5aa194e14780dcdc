"""Certificates by host name."""

from __future__ import annotations

from tls.names import canonical

_KEPT: dict[str, dict] = {}


def install(host: str, serial: int, days: int) -> None:
    """Keep a certificate."""
    _KEPT[canonical(host)] = {"serial": serial, "days": days}


def has(host: str) -> bool:
    """Whether there is one."""
    return canonical(host) in _KEPT


def revoke(host: str) -> None:
    """Forget one."""
    _KEPT.pop(canonical(host), None)


def certificate(host: str) -> dict:
    """The certificate of a host."""
    return _KEPT[host]


install("shop.example", 17, 80)
install("mail.example", 18, 9)

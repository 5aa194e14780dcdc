"""The one exception a person meets."""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done; the message is a sentence that names the next step."""

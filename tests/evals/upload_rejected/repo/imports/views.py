"""The page where price lists are uploaded."""

from __future__ import annotations

import logging

from imports.checks import InvalidUpload, check

log = logging.getLogger("imports")


def upload(rows: list[dict]) -> tuple[int, str]:
    """Status and text of the answer."""
    try:
        return 200, f"{len(check(rows))} prices taken over"
    except InvalidUpload as error:
        log.warning("upload rejected", exc_info=True)
        return 422, f"Please mend the file: {error}."

"""Lines of a supplier's price list."""

from __future__ import annotations


def is_heading(line: str) -> bool:
    """Headings name the brand of the rows below: `# Brand`."""
    return line.startswith("#")


def row(line: str) -> tuple[str, int]:
    """Article and price in cents of a row: `A-100;1250`."""
    article, price = line.split(";")
    return article.strip(), int(price)

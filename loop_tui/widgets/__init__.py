"""Widgets that draw line by line: nothing is laid out that is not seen, and outside text is never parsed."""

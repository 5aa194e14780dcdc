"""Propose: from an actionable report to a proved, checked and reviewed change."""

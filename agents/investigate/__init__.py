"""Investigate: what a report means in the code, and what to do about it."""

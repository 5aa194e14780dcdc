"""Rebuilding a failing call from what an SDK captured, and running it until the same failure is seen."""

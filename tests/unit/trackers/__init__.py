"""The trackers of tickets against servers that keep to their contracts."""

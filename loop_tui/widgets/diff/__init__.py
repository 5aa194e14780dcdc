"""The diff: parsed once, laid out by item, drawn by the line in sight."""

"""Group: signals that point at the same problem become one report."""

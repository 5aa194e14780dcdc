"""Reading and discussing a change: its heads, what differs between them, comments that stay on their lines."""

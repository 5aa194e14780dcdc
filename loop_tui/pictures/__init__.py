"""The project that the pictures of the inbox show, and how they are drawn."""

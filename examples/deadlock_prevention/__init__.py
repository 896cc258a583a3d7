"""Programs of the topic deadlock prevention."""

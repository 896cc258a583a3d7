"""Programs of the topic best practices."""

"""Programs of the topic common pitfalls."""

"""Programs of the topic parallel execution patterns."""

"""Programs of the topic thread-safe collections."""

"""Programs of the topic Cancellation and timeouts."""

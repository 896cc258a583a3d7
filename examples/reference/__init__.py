"""Programs of the reference."""

"""Programs of the foundations."""

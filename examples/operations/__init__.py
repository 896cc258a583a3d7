"""Programs of the section operations."""

"""What keeps a run from starting."""

from __future__ import annotations


class DoctestError(Exception):
    """A run that can't start; the message names the place and what to do."""

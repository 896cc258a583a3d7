"""The programs of the manual: importable, tested, and shown on its pages by marker."""

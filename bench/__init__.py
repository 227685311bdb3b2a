"""Tryon beside plain code that does the same, in turn within one run: `python -m bench`."""

"""Measures this implementation beside others, in one run: `python3 -m bench`."""

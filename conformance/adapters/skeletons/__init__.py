"""Adapters to begin with, one for each language; data for `new-adapter`."""

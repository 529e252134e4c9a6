"""Primitives, each a page to lay beside its standard.  They know nothing of Venice."""

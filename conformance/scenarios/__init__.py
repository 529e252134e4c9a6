"""Attacks on a client that is seen from outside only."""

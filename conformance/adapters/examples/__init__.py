"""Adapters of implementations that exist: what the suite says of them is in docs/findings.md."""

"""The encrypted conversation, without I/O."""
